"""The hard letter of our measurements: everything that has ever fooled a link rewriter, in one mail."""

HARD = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\r\n'
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml">\r\n<head>\r\n<title>Angebot <a href="https://no.example/title"></title>\r\n'
    '<style type="text/css">td > a[href^="https://no.example"] { color: red } /* <a href="https://no.example/style"> </body> */</style>\r\n'
    '<!--[if mso]><xml><o:AllowPNG/></xml><a href="https://no.example/mso">x</a><![endif]-->\r\n</head>\r\n<body  bgcolor=#ffffff>\r\n'
    '<!-- an old link: <a href="https://no.example/comment">x</a> </body> -->\r\n'
    "<p>Grüße aus München &ndash; hier ist <a  class='x'\thref = 'https://brueckner.example/offer?hall=1&amp;hall=3' >das Angebot</a>.</p>\r\n"
    '<A TARGET=_blank HREF=http://brueckner.example/unquoted>unquoted</A> <a HREF="\r\n https://brueckner.example/UPPER ">upper</a>\r\n'
    '<![if !mso]><a href="https://brueckner.example/not-mso">button</a><![endif]>\r\n'
    '<!--[if mso]><v:roundrect href="https://no.example/vml"><a href="https://no.example/vml-a">x</a></v:roundrect><![endif]-->\r\n'
    "<a title=\"a trap > href='https://no.example/quoted'\" data-x='href=https://no.example/x' href=\"https://brueckner.example/after-a-trap\">trap</a>\r\n"
    '<a href="https://brueckner.example/logo"><img alt="Logo" src="https://brueckner.example/logo.png" /></a>\r\n'
    '<map name="m"><area shape="rect" href="https://brueckner.example/map" alt="Map"></map>\r\n'
    '<a href="mailto:miriam@brueckner.example">mail</a> <a href="#top">top</a> <a href="https://brueckner.example/unsubscribe?u=7">unsubscribe</a>\r\n'
    "<p>Signature &copy; 2026</p>\r\n</BODY>\r\n<!-- </body> -->\r\n</html>\r\n"
)

"""`python -m app.sandbox --port 8026`: the sandbox in a process of its own."""

import click
from granian.constants import Interfaces, Loops
from granian.server import Server


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8026, show_default=True, help="The port to listen at.")
def sandbox(host: str, port: int) -> None:
    """Serve a pretend Google, a pretend Microsoft and everyone's inboxes."""
    click.echo(f"The sandbox is at http://{host}:{port}: everyone's inboxes are there.")
    Server("app.sandbox.main:app", address=host, port=port, interface=Interfaces.ASGI, loop=Loops.asyncio, log_enabled=False).serve()


if __name__ == "__main__":
    sandbox()

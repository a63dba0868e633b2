"""The command line `jifen`: every command by name, loaded when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

import click

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "demo": "kiosk.demo.command:command",
        "serve": "kiosk.commands.serve:serve_command",
        "tls": "kiosk.commands.serve:tls_command",
        "migrate": "kiosk.commands.serve:migrate_command",
        "backup": "kiosk.commands.keeping:backup_group",
        "restore": "kiosk.commands.keeping:restore_command",
        "drill": "kiosk.commands.keeping:drill_command",
        "copy": "kiosk.commands.copying:copy_group",
        "recover-from-tills": "kiosk.commands.recovering:recovering_group",
        "community": "kiosk.commands.community:community_group",
        "scheme": "kiosk.commands.community:scheme_group",
        "settings": "kiosk.commands.community:settings_group",
        "keys": "kiosk.commands.community:keys_group",
        "staff": "kiosk.commands.people:staff_group",
        "import": "kiosk.commands.people:import_command",
        "terminal": "kiosk.commands.shops:terminal_group",
        "night": "kiosk.commands.night:night_command",
        "clockwork": "kiosk.commands.clockwork:clockwork_group",
        "recover": "kiosk.commands.night:recover_command",
        "bill": "kiosk.commands.night:bill_command",
        "bills": "kiosk.commands.fees:bills_group",
        "claims": "kiosk.commands.money:claims_command",
        "slips": "kiosk.commands.slips:slips_command",
        "fund": "kiosk.commands.money:fund_group",
        "stock": "kiosk.commands.stock:stock_group",
        "coverage": "kiosk.commands.money:coverage_command",
        "expiry": "kiosk.commands.expiry:expiry_group",
        "counter": "kiosk.commands.counter:counter_group",
        "offline": "kiosk.commands.offline:offline_group",
        "household": "kiosk.commands.households:household_group",
        "bank": "kiosk.commands.bank:bank_group",
        "month": "kiosk.commands.month:month_command",
        "report": "kiosk.commands.month:report_command",
        "form": "kiosk.commands.form:form_group",
        "seal": "kiosk.commands.seal:seal_group",
        "export": "kiosk.commands.export:export_command",
        "audit": "kiosk.commands.audit:audit_command",
        "board": "kiosk.commands.board:board_command",
        "kit": "kiosk.commands.kit:kit_command",
        "replay": "kiosk.commands.replay:replay_command",
        "generate": "kiosk.generator.command:command",
    }
)
"""Name to module and attribute, in the order of `jifen --help`."""


class _Commands(click.Group):
    """Imports a command's module only when it runs: `jifen night` needs no PDF writer."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return [name for name, place in COMMANDS.items() if _is_there(place)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own signature
        place = COMMANDS.get(cmd_name)
        if place is None or not _is_there(place):
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


def _is_there(place: str) -> bool:
    module = place.partition(":")[0]
    package = module.rpartition(".")[0]
    return find_spec(package) is not None and find_spec(module) is not None


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Community points: till, counter, nightly settlement.

    Settings come from the TOML file that JIFEN_CONFIG names and from JIFEN_… variables; JIFEN_DATA_DIR
    alone is enough. Each command has --help.
    """


if __name__ == "__main__":
    main()

"""How a command ends when something is wrong: one sentence in Chinese, never a traceback.

A traceback ends with the exception's message, which may quote a submission.
"""

import errno
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from nlp_service.domain.errors import NlpServiceError

_OS_PROBLEMS = {
    errno.ENOSPC: "磁盘已满，请腾出空间后再试。",
    errno.EDQUOT: "磁盘配额已满，请腾出空间后再试。",
    errno.EACCES: "没有权限，请检查它和所在文件夹的权限。",
    errno.EPERM: "没有权限，请检查它和所在文件夹的权限。",
    errno.EROFS: "所在的磁盘是只读的，请换一个位置。",
    errno.ENOENT: "没有这个文件或文件夹，请检查路径。",
}


class Failure(click.ClickException):
    """An end that the user can do something about; exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Say it on stderr."""
        click.echo(f"错误：{self.message}", file=file, err=True)


class Misuse(Failure):
    """A command line that is not understood; exit code 2."""

    exit_code = 2


class Commands(click.Group):
    """A group whose commands end as this module says, whatever they raise."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options that stand before the command."""
        with _failing_in_chinese():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _failing_in_chinese():
            return super().invoke(ctx)


@contextmanager
def _failing_in_chinese() -> Iterator[None]:
    try:
        yield
    except (click.exceptions.Exit, click.exceptions.NoArgsIsHelpError, click.Abort, Failure):
        raise
    except click.UsageError as error:
        raise Misuse(_explain_usage(error)) from error
    except NlpServiceError as error:
        raise Failure(str(error)) from error
    except KeyboardInterrupt:
        click.echo("\n已中断。", err=True)
        raise click.exceptions.Exit(128 + signal.SIGINT) from None
    except OSError as error:
        if error.errno == errno.EPIPE:  # click knows how to end when nobody reads any more
            raise
        raise Failure(_explain_os_error(error)) from error
    except Exception as error:
        from nlp_service.domain.failures import describe_failure

        message = "程序内部出错，请把下面几行（不含来件内容）交给维护人员。"
        raise Failure(f"{message}\n{describe_failure(error)}") from error


def _explain_usage(error: click.UsageError) -> str:
    name = getattr(error, "option_name", None) or getattr(error, "command_name", None)
    if isinstance(error, click.MissingParameter) and error.param and error.ctx:
        problem = f"缺少 {error.param.get_error_hint(error.ctx)}"
    elif isinstance(error, click.BadOptionUsage):
        problem = f"选项 {name} 缺少值，或不该有值"
    elif name:
        problem = f"没有 {name} 这个命令或选项"
    else:
        problem = "命令的写法不对，可能多写了参数"
    command = error.ctx.command_path if error.ctx else "nlp-service"
    return f"{problem}，用法见 {command} --help。"


def _explain_os_error(error: OSError) -> str:
    where = f"{error.filename}：" if error.filename else ""
    return where + _OS_PROBLEMS.get(error.errno or 0, f"系统报告 {error.strerror}。")

//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt as _};
use sse_server::Config;

pub(crate) const USAGE: &str = "usage: sse-server [--listen ADDRESS] [--tokens-per-second N] [--replay DIR] [--wait MILLISECONDS] [--help]";

pub(crate) const HELP: &str = "\
Answers OpenAI's chat completions with recorded answers, each through a ring of a forebay pool.

usage: sse-server [OPTION…]

  --listen ADDRESS         where to listen (127.0.0.1:8080); with port 0 a free port is taken
  --tokens-per-second N    the pace of an answer (50); 0 for as fast as the client takes it
  --replay DIR             answer with the recorded streams in DIR, its files *.sse, instead of the bundled one
  --wait MILLISECONDS      how long a request may wait for a free ring before it is refused (0)
  --help                   print this and exit

The address is printed when the server is ready. GET / is a page to try it with, POST /v1/chat/completions the API,
GET /v1/models lists the recordings (a request gets the one its `model` names, else the next in turn), GET /metrics
is for Prometheus.

A file in DIR that is no recording is passed over with a message; one good file is required.

Ctrl-C or SIGTERM: no more connections; answers that have begun get 5 seconds to end. A second one ends it at once.

Exit status: 0 after Ctrl-C or SIGTERM, 1 when it cannot listen or has nothing to answer, 2 for bad usage.
";

pub(crate) enum Command {
    Help,
    Serve(Options),
}

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) listen: String,
    pub(crate) replay: Option<PathBuf>,
    pub(crate) config: Config,
}

pub(crate) fn read(mut arguments: Parser) -> Result<Command, lexopt::Error> {
    let mut options =
        Options { listen: "127.0.0.1:8080".into(), replay: None, config: Config::default() };
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("listen") => options.listen = arguments.value()?.string()?,
            Arg::Long("replay") => options.replay = Some(arguments.value()?.into()),
            Arg::Long("tokens-per-second") => {
                options.config.pace = pace(arguments.value()?.parse()?)?
            }
            Arg::Long("wait") => {
                options.config.wait = Duration::from_millis(arguments.value()?.parse()?);
            }
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Serve(options))
}

/// The time from token to token.
fn pace(tokens_per_second: f64) -> Result<Duration, lexopt::Error> {
    match tokens_per_second {
        0.0 => Ok(Duration::ZERO),
        // Slower than one in a day is a mistake.
        n if n.is_finite() && n > 1.0 / 86_400.0 => Ok(Duration::from_secs_f64(n.recip())),
        n => Err(format!("--tokens-per-second: {n} is not a pace").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &str) -> Result<Options, String> {
        match read(Parser::from_args(arguments.split_whitespace())) {
            Ok(Command::Serve(options)) => Ok(options),
            Ok(Command::Help) => Err("help".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn defaults_are_those_of_the_help() {
        let options = options("").unwrap();
        assert_eq!(options.listen, "127.0.0.1:8080");
        assert_eq!(options.config.pace, Duration::from_millis(20));
        assert_eq!(options.config.wait, Duration::ZERO);
        assert_eq!(options.config.grace, Duration::from_secs(5));
    }

    #[test]
    fn options_are_read() {
        let options =
            options("--listen [::1]:0 --replay=x --tokens-per-second 0.5 --wait=1500").unwrap();
        assert_eq!((&*options.listen, options.replay), ("[::1]:0", Some("x".into())));
        assert_eq!(options.config.pace, Duration::from_secs(2));
        assert_eq!(options.config.wait, Duration::from_millis(1500));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (arguments, words) in [
            ("--wait soon", "\"soon\""),
            ("--wait", "--wait"),
            ("--tokens-per-second -1", "-1 is not a pace"),
            ("--tokens-per-second NaN", "NaN is not a pace"),
            ("--color", "--color"),
            ("file", "file"),
        ] {
            let error = options(arguments).unwrap_err();
            assert!(error.contains(words), "{arguments}: {error}");
        }
        assert_eq!(options("--help").unwrap_err(), "help");
    }
}

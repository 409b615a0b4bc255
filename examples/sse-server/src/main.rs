//! Answers OpenAI's chat completions with recorded answers: see `--help` and the README.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use sse_server::Server;
use sse_server::answers::Answers;
use sse_server::streams::STREAMS;
use tokio::signal::unix::{SignalKind, signal};

use command_line::{Command, Options};
use patient::Patient;

mod command_line;
#[path = "../../transcript/patient.rs"]
mod patient;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match command_line::read(lexopt::Parser::from_env()) {
        Ok(Command::Serve(options)) => options,
        Ok(Command::Help) => {
            print(command_line::HELP);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            complain(format_args!("{problem}\n{}", command_line::USAGE));
            return ExitCode::from(2);
        }
    };
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(format_args!("{error}"));
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> io::Result<()> {
    let at = |what: String| move |error| io::Error::other(format!("{what}: {error}"));
    let answers = match &options.replay {
        None => Answers::bundled(),
        Some(folder) => Answers::read(folder, |file, why| {
            complain(format_args!("passed over {}: {why}", file.display()));
        })
        .map_err(at(folder.display().to_string()))?,
    };
    let listener = sse_server::listen(&options.listen)
        .await
        .map_err(at(format!("--listen {}", options.listen)))?;
    let stop = stop_signal()?;
    // Standard output has the address alone, so that a script can read the port.
    print(&format!("http://{}\n", listener.local_addr()?));
    Server::new(&STREAMS, answers, options.config).serve(listener, stop).await
}

/// Writes to standard output. A closed pipe is no reason to panic or to stop, here and in `complain`.
fn print(text: &str) {
    let mut out = Patient(io::stdout());
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn complain(message: fmt::Arguments<'_>) {
    let _ = writeln!(Patient(io::stderr()), "sse-server: {message}");
}

/// Comes with the first Ctrl-C or SIGTERM; the second ends the process at once.
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        let mut next = async move || {
            tokio::select! {
                _ = interrupt.recv() => 2,
                _ = terminate.recv() => 15,
            }
        };
        next().await;
        complain(format_args!("stops when the open answers are sent; once more to stop at once"));
        tokio::spawn(async move {
            let signal = next().await;
            std::process::exit(128 + signal);
        });
    })
}

// Progress: each run as a notification that can be cancelled, its agents in the status bar.
const vscode = require('vscode');

/** @typedef {import('vscode-languageclient').WorkDoneProgressBegin} Begin */
/** @typedef {import('vscode-languageclient').WorkDoneProgressReport} Report */
/** @typedef {import('vscode-languageclient').WorkDoneProgressEnd} End */

const RUN = /^orchestra\/[^/]+$/;

/** One run's notification. It may hear news, and even the end, before VS Code has made it. */
class RunShown {
  /** @param {Begin} begin */
  constructor(begin) {
    /** @type {Begin | Report} */
    this.newest = begin;
    this.reached = 0;
    this.end = () => {};
    this.ended = new Promise((resolve) => {
      this.end = () => resolve(undefined);
    });
  }

  /** @param {vscode.Progress<{ message?: string, increment?: number }>} progress */
  appear(progress) {
    this.progress = progress;
    this.tell(this.newest);
  }

  /** @param {Begin | Report} value */
  tell(value) {
    this.newest = value;
    const increment = Math.max(0, (value.percentage ?? 0) - this.reached);
    if (this.progress) {
      this.reached += increment;
      this.progress.report({ message: value.message, increment });
    }
  }
}

/** The language client shows all progress in the status bar, where nothing can be cancelled. */
class RunProgress {
  /** @param {(token: string | number) => void} cancel */
  constructor(cancel) {
    this.cancel = cancel;
    /** @type {Map<string | number, RunShown>} */
    this.runs = new Map();
  }

  /**
   * Take what the server says of a progress; `next` is what the language client does with it.
   *
   * @param {string | number} token
   * @param {Begin | Report | End} value
   * @param {import('vscode-languageclient').HandleWorkDoneProgressSignature} next
   */
  handle(token, value, next) {
    if (!RUN.test(String(token))) {
      next(token, value);
    } else if (value.kind === 'begin') {
      this.show(token, value);
    } else if (value.kind === 'report') {
      this.runs.get(token)?.tell(value);
    } else {
      this.runs.get(token)?.end();
      this.runs.delete(token);
      // the client has kept the token since it was created
      next(token, value);
    }
  }

  /** End all that is shown: who would end it is gone. */
  endAll() {
    this.runs.forEach((run) => run.end());
    this.runs.clear();
  }

  /**
   * @param {string | number} token
   * @param {Begin} begin
   */
  show(token, begin) {
    const run = new RunShown(begin);
    this.runs.set(token, run);
    const options = { location: vscode.ProgressLocation.Notification, title: begin.title, cancellable: true };
    void vscode.window.withProgress(options, (progress, cancelled) => {
      cancelled.onCancellationRequested(() => this.cancel(token));
      run.appear(progress);
      return run.ended;
    });
  }
}

module.exports = { RunProgress };

// The one `orchestra serve` of a window: started when it is needed, asked by commands, stopped with the window.
const vscode = require('vscode');
const { ExecuteCommandRequest, WorkDoneProgressCancelNotification } = require('vscode-languageclient');
const { LanguageClient, RevealOutputChannelOn, State } = require('vscode-languageclient/node');
const { applyAndSave } = require('./edits');
const { showWithPreviews } = require('./previews');
const { program } = require('./program');
const { RunProgress } = require('./progress');
const { chosenSettings } = require('./settings');

/**
 * The extension registers the commands itself, so that they are there before a server is. The client would register
 * those that the server names a second time, which VS Code refuses.
 *
 * @type {import('vscode-languageclient').StaticFeature}
 */
const COMMANDS_ARE_OURS = {
  preInitialize(capabilities) {
    delete capabilities.executeCommandProvider;
  },
  fillClientCapabilities() {},
  initialize() {},
  getState: () => ({ kind: 'static' }),
  clear() {},
};

/**
 * Whether the person has said that they trust the files of this window.
 *
 * Where VS Code's own question is switched off everything counts as trusted there; then Orchestra asks by itself.
 */
function vouched() {
  const asks = vscode.workspace.getConfiguration('security.workspace.trust').get('enabled');
  return vscode.workspace.isTrusted && asks === true;
}

class Server {
  /** @param {vscode.LogOutputChannel} log */
  constructor(log) {
    this.log = log;
    /** @type {Promise<LanguageClient> | undefined} */
    this.starting = undefined;
  }

  /** Return the client once it can be asked; throws `Trouble` where no server can be started. */
  start() {
    this.starting ??= this.launch().catch((reason) => {
      this.starting = undefined;
      throw reason;
    });
    return this.starting;
  }

  async launch() {
    const client = new LanguageClient('orchestra', 'Orchestra', await program('serve'), {
      documentSelector: [{ scheme: 'file' }],
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: { trusted: vouched() },
      middleware: {
        handleWorkDoneProgress: (token, value, next) => progress.handle(token, value, next),
        window: { showDocument: showWithPreviews },
        workspace: { configuration: chosenSettings, handleApplyEdit: applyAndSave },
      },
    });
    const progress = new RunProgress((token) =>
      client.sendNotification(WorkDoneProgressCancelNotification.type, { token }),
    );
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Stopped) {
        progress.endAll();
      }
    });
    client.registerFeature(COMMANDS_ARE_OURS);
    await client.start();
    return client;
  }

  /**
   * Return the answer to a command; throws what the server says in one sentence.
   *
   * @param {string} name without `orchestra.`
   * @param {unknown} argument
   * @returns {Promise<any>}
   */
  async ask(name, argument = {}) {
    const client = await this.start();
    return client.sendRequest(ExecuteCommandRequest.type, {
      command: `orchestra.${name}`,
      arguments: [argument],
    });
  }

  /** Start anew, with the settings as they are now. */
  async restart() {
    await this.stop();
    await this.start();
  }

  /** Stop it, if it runs: what it is at stays open in the log. */
  async stop() {
    const starting = this.starting;
    this.starting = undefined;
    const client = await starting?.catch(() => undefined);
    await client?.stop();
  }
}

module.exports = { Server };

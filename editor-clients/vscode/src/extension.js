// Starts `orchestra serve` for the folders of a window, and puts its commands into the palette.
const vscode = require('vscode');
const { registerCommands } = require('./commands');
const { Reports } = require('./reports');
const { Server } = require('./server');

const HOW_TO_START = ['orchestra.client.path', 'orchestra.client.arguments'];

/** @type {Server | undefined} */
let server;

/** @param {vscode.ExtensionContext} context */
function activate(context) {
  const log = vscode.window.createOutputChannel('Orchestra', { log: true });
  const reports = new Reports();
  const started = (server = new Server(log));

  /**
   * Code lenses and actions need a server before the first command. Where there is none, nobody has asked for it yet:
   * a command tells.
   */
  const start = () => {
    if (vscode.workspace.isTrusted && vscode.workspace.workspaceFolders) {
      started.start().catch((reason) => log.warn(String(reason)));
    }
  };
  context.subscriptions.push(
    log,
    reports,
    ...registerCommands({ server, reports }),
    vscode.workspace.onDidGrantWorkspaceTrust(start),
    vscode.workspace.onDidChangeWorkspaceFolders(start),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (HOW_TO_START.some((name) => change.affectsConfiguration(name))) {
        void started.stop().then(start);
      }
    }),
  );
  start();
}

/** VS Code waits a few seconds for it. */
function deactivate() {
  return server?.stop();
}

module.exports = { activate, deactivate };

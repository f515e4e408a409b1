// Answers to read, as documents that cannot be changed.
const vscode = require('vscode');

const SCHEME = 'orchestra-report';

class Reports {
  constructor() {
    /** @type {Map<string, string>} */
    this.texts = new Map();
    this.changed = new vscode.EventEmitter();
    this.registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: this.changed.event,
      provideTextDocumentContent: (uri) =>
        this.texts.get(uri.path) ?? 'This report was made in an earlier session.',
    });
  }

  /**
   * Show a text under a title; what was shown under it before is replaced.
   *
   * @param {string} title
   * @param {string} text
   */
  async show(title, text) {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${title}` });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    // by the name of a file in its title it would be taken for code
    await vscode.window.showTextDocument(await vscode.languages.setTextDocumentLanguage(document, 'plaintext'));
  }

  dispose() {
    this.registration.dispose();
    this.changed.dispose();
  }
}

module.exports = { Reports };

// The settings that are passed on to the server: only what somebody has set.
const vscode = require('vscode');

/** The names that only this extension reads. */
const OURS = /^(client|trace)\./;

/**
 * Answer `workspace/configuration`. A default of the settings page is no choice of the person's: sent, it would hide
 * what their environment or their own settings file says.
 *
 * @param {import('vscode-languageclient').ConfigurationParams} params
 * @param {vscode.CancellationToken} token
 * @param {import('vscode-languageclient').ConfigurationRequest.HandlerSignature} next
 */
async function chosenSettings(params, token, next) {
  const answers = await next(params, token);
  if (!Array.isArray(answers)) {
    return answers;
  }
  return answers.map((answer, nth) => {
    const { section, scopeUri } = params.items[nth];
    return section === 'orchestra' ? chosen(scopeUri ? vscode.Uri.parse(scopeUri) : undefined) : answer;
  });
}

/** @param {vscode.Uri | undefined} scope */
function chosen(scope) {
  const settings = vscode.workspace.getConfiguration('orchestra', scope);
  /** @type {Record<string, unknown>} */
  const set = {};
  for (const name of names()) {
    const seen = settings.inspect(name);
    const value = seen?.workspaceFolderValue ?? seen?.workspaceValue ?? seen?.globalValue;
    if (value !== undefined) {
      set[name] = value;
    }
  }
  return set;
}

/** All settings of the server, without `orchestra.`; also those that are misspelt, so that they are told. */
function names() {
  const known = leaves(vscode.workspace.getConfiguration('orchestra'));
  return known.filter((name) => !OURS.test(name));
}

/**
 * Return the dotted names of all values in a tree of settings.
 *
 * @param {object} tree
 * @returns {string[]}
 */
function leaves(tree) {
  return Object.entries(tree).flatMap(([name, value]) => {
    if (typeof value === 'function') {
      return [];
    }
    const group = value !== null && typeof value === 'object' && !Array.isArray(value);
    return group ? leaves(value).map((leaf) => `${name}.${leaf}`) : [name];
  });
}

module.exports = { chosenSettings };

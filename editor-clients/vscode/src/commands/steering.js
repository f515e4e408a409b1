// Commands for runs that are under way. Where several are, the person is asked which one is meant.
const { pick, say } = require('../questions');
const { Nothing, inform } = require('../trouble');

/** @typedef {import('../commands').Command} Command */

const ENDED = new Set(['done', 'red', 'failed', 'stopped']);

/** @param {import('../questions').Desk} desk */
async function active({ server }) {
  const { runs } = await server.ask('status');
  return runs.filter((/** @type {any} */ run) => !ENDED.has(run.phase));
}

/**
 * Return the argument that names a run. With one or none under way it is empty: the server knows which one fits.
 *
 * @param {import('../questions').Desk} desk
 */
async function meant(desk) {
  const runs = await active(desk);
  return runs.length < 2 ? {} : { runId: (await pickActive(runs)).runId };
}

/** @param {any[]} runs */
function pickActive(runs) {
  return pick(
    'Which run?',
    runs.map((run) => ({
      label: run.request,
      description: `${run.phase}, ${run.percent} %`,
      detail: run.text,
      value: run,
    })),
  );
}

/** @type {(name: string) => Command} */
const steer = (name) => async (desk) => {
  const answer = await desk.server.ask(name, await meant(desk));
  inform(answer.text);
  return answer;
};

/** @type {Command} */
async function stopAll({ server }) {
  const answer = await server.ask('stopAll');
  inform(answer.runIds.length === 0 ? 'nothing was running' : `stopped: ${answer.runIds.join(', ')}`);
  return answer;
}

/** @type {Command} */
async function plan(desk) {
  return desk.server.ask('plan', await meant(desk));
}

/** @type {Command} */
async function instruct(desk) {
  const runs = await active(desk);
  const waiting = runs.flatMap((/** @type {any} */ run) =>
    run.tasks
      .filter((/** @type {any} */ task) => task.phase === 'waiting')
      .map((/** @type {any} */ task) => ({
        label: task.title,
        description: task.role,
        detail: run.request,
        value: { runId: run.runId, taskId: task.taskId },
      })),
  );
  if (waiting.length === 0) {
    throw new Nothing('no agent is waiting for its turn');
  }
  const whom = await pick('Whom do you want to tell something?', waiting);
  return desk.server.ask('instruct', { ...whom, text: await say('What shall the agent know besides?') });
}

/** @type {Command} */
async function status({ server, reports }) {
  const answer = await server.ask('status');
  const lines = answer.runs.map(
    (/** @type {any} */ run) =>
      `${run.runId}  ${run.phase}  ${run.percent} %  ${run.request}\n    ${run.summary || run.text}`,
  );
  await reports.show(
    'Status',
    lines.join('\n') || 'Nothing was asked yet in this window. Try “Orchestra: Start a Project”.',
  );
  return answer;
}

module.exports = {
  next: steer('next'),
  pause: steer('pause'),
  resume: steer('resume'),
  stop: steer('stop'),
  approvePlan: steer('approvePlan'),
  stopAll,
  plan,
  instruct,
  status,
};

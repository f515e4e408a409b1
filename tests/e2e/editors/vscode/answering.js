// Does what a test says, line by line: a line is the body of an async function, its value goes back as JSON.
const { createInterface } = require('node:readline');

const Statements = Object.getPrototypeOf(async () => undefined).constructor;

/**
 * Answer each line of `input` with a line on `output`; `scope` is what the statements can name.
 *
 * A line is `{"id", "body"}`, an answer `{"id", "value"}` or `{"id", "error"}`. They are done as they come, at once.
 */
function answer(input, output, scope) {
  createInterface({ input }).on('line', async (line) => {
    const { id, body } = JSON.parse(line);
    const told = await new Statements(...Object.keys(scope), body)(...Object.values(scope)).then(
      (value) => ({ id, value: value ?? null }),
      (error) => ({ id, error: String(error?.stack ?? error) }),
    );
    output.write(`${JSON.stringify(told)}\n`);
  });
}

module.exports = { answer };

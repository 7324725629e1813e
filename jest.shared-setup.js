import { addEventHandler, getState } from 'jest-circus';

// Nothing here measures time: a machine that is busy must not make a test fail.
const LIMIT_MS = 60_000;

// The runner itself would wait for ever for a test that does not end.
addEventHandler(({ name }) => {
  const { currentDescribeBlock: block } = getState();
  if (name === 'add_test') limit(block.children.at(-1));
  if (name === 'add_hook') limit(block.hooks.at(-1));
});

/** Makes a test, or a hook, fail that takes too long or throws what is no error (of which the runner could not print a stack). */
function limit(step) {
  const { fn } = step;
  step.fn = async () => {
    const late = Promise.withResolvers();
    const timer = setTimeout(() => late.reject(new Error(`has not ended after ${LIMIT_MS / 1000} s`)), LIMIT_MS);
    try {
      await Promise.race([fn(), late.promise]);
    } catch (error) {
      throw Error.isError(error) ? error : new Error(`threw ${String(error)}`);
    } finally {
      clearTimeout(timer);
    }
  };
}

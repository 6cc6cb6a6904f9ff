/**
 * Loaded into the program by `--import`: after the program has started, throws an uncaught error with the message
 * GRADLOOM_TEST_FAULT.
 */
const { GRADLOOM_TEST_FAULT: message } = process.env;
if (message !== undefined) {
  process.once('newListener', () => {
    setImmediate(() => {
      throw new Error(`${message} injected`);
    });
  });
}

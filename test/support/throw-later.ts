/**
 * Loaded into the program by `--import`: throws what GRADLOOM_TEST_FAULT says where nobody catches it, once the program
 * has begun.
 */
const { GRADLOOM_TEST_FAULT: message } = process.env;
if (message !== undefined) {
  process.once('newListener', () => {
    setImmediate(() => {
      throw new Error(`${message} injected`);
    });
  });
}

import { loadMnist } from '@gradloom/runtime';

/** Loads MNIST for the module at argv's URL: prints the rows, or a sentence. */
const [, , from] = process.argv;
console.log(
  await loadMnist(from).then(
    ({ train }) => train.rows,
    (error) => error.message,
  ),
);

import { loadMnist } from '@gradloom/runtime';

/** Loads MNIST with the module at argv's URL: prints the number of rows, or an error. */
const [, , from] = process.argv;
console.log(
  await loadMnist(from).then(
    ({ train }) => train.rows,
    (error) => error.message,
  ),
);

// Learns exclusive or in CommonJS, which loads an ES module by import(): node train.cjs
async function main() {
  const { datasetFromRows, dense, sequential, tanh, train, createModel } = await import('@gradloom/runtime');
  const inputs = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  const xor = datasetFromRows({ inputs, targets: [0, 1, 1, 0] });
  const network = sequential(2, dense(8), tanh(), dense(1));
  const options = { batchSize: 'full', epochs: 500, optimizer: { kind: 'adam', lr: 0.05 } };
  const result = await train(network, { train: xor }, options);
  const answers = createModel(result).outputs(inputs);
  for (const [n, [answer]] of answers.entries()) console.log(`${inputs[n].join(' xor ')} = ${Math.round(answer)}`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});

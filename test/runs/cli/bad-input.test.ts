import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commands } from '../../../packages/cli/src/commands/index.ts';
import { gradloom, temporaryDirectory } from '../../support/command-line.ts';
import { encodeIdx } from '../../support/encode-idx.ts';

const names = Object.keys(commands).join(', ');

/** Command lines that cannot be run, and the sentence after `gradloom <command>: `. */
const usage: Record<string, string | RegExp> = {
  'trian --dataset xor': `gradloom: command has "trian", expected one of ${names} (did you mean train?)`,
  '--epochs 5': `gradloom: --epochs has no command before it, expected one of ${names}`,
  '-v': `gradloom: -v has no command before it, expected one of ${names}`,
  'train package.json':
    'gradloom train: the word "package.json" belongs to no flag, expected only flags (did you mean --dataset package.json?)',
  'train --dataset package.json:target':
    'gradloom train: --dataset has "package.json:target", expected package.json:option=value,option=value',
  'train --loss crossentropy':
    'gradloom train: --loss has "crossentropy", expected one of mse, quadratic, softmax-cross-entropy, soft-target-cross-entropy, binary-cross-entropy, mae, huber, output (did you mean softmax-cross-entropy or soft-target-cross-entropy or binary-cross-entropy?)',
  'train --dataset sine --loss binary-cross-entropy':
    /^gradloom train: --loss binary-cross-entropy with --dataset sine: the target of sine has -0\.\d+, expected numbers from 0 to 1 for binary-cross-entropy\n$/,
  train:
    'gradloom train: --dataset is missing, expected one of mnist, xor, and, or, spirals, moons, circles, blobs, sine, iris, wine, breast-cancer, digits, penguins, diabetes, or a path',
  'train --dataset xor --live --no-out': 'gradloom train: --live is given with --no-out, expected one of the two',
  'train --dataset iris --live --folds 3':
    'gradloom train: --live is given with --folds, expected --fold too, or gradloom live <the folder of --out>',
  'live not-there': 'gradloom live: no run found in "not-there", expected a folder that train wrote, or one of such',
  'train xor': 'gradloom train: the word "xor" belongs to no flag, expected only flags (did you mean --dataset xor?)',
  'train --dataset': 'gradloom train: --dataset has no value, expected one',
  'train --lr --quiet': 'gradloom train: --lr has no value, expected one',
  'train --dataset mnits':
    'gradloom train: --dataset has "mnits", expected one of mnist, xor, and, or, spirals, moons, circles, blobs, sine, iris, wine, breast-cancer, digits, penguins, diabetes, or a file or folder that exists (did you mean mnist?)',
  'train --epocs 5': 'gradloom train: --epocs is unknown, expected a flag from --help (did you mean --epochs?)',
  'train --data xor': 'gradloom train: --data is unknown, expected a flag from --help (did you mean --dataset?)',
  'train --batchsize 5':
    'gradloom train: --batchsize is unknown, expected a flag from --help (did you mean --batch-size?)',
  'train --batch-size 0': 'gradloom train: --batch-size has 0, expected a whole number of at least 1, or full',
  'train --learning-rate': 'gradloom train: --learning-rate has no value, expected one',
  'train --batch 4 --batch-size 5': 'gradloom train: --batch-size has 2 values, expected one',
  'experiment vanish':
    'gradloom experiment: experiment has "vanish", expected one of neuron, layer, loss, backprop, cost, descent, optimizers, perceptron, xor, vanishing, remedies, next-token, next-letter, all (did you mean vanishing?)',
  'train --weightDecay 5':
    'gradloom train: --weightDecay is unknown, expected a flag from --help (did you mean --weight-decay?)',
  'train -q': 'gradloom train: -q is unknown, expected a flag from --help',
  'train --lr 1 --lr 2': 'gradloom train: --lr has 2 values, expected one',
  'train --quiet=maybe': 'gradloom train: --quiet has "maybe", expected no value',
  'train --lr -1': 'gradloom train: --lr has -1, expected a number of at least 0',
  'train --lr -1e-3': 'gradloom train: --lr has -0.001, expected a number of at least 0',
  'train --lr=': 'gradloom train: --lr has "", expected a number of at least 0',
  'train --lr NaN': 'gradloom train: --lr has "NaN", expected a number of at least 0',
  'train --lr Infinity': 'gradloom train: --lr has "Infinity", expected a finite number of at least 0',
  'train --lr 1e400': 'gradloom train: --lr has "1e400", expected a finite number of at least 0',
  'train --lr 0x10': 'gradloom train: --lr has "0x10", expected a number of at least 0',
  'train --lr 1,5': 'gradloom train: --lr has "1,5", expected a number of at least 0 (1.5 with a decimal point)',
  'train --batch 0': 'gradloom train: --batch has 0, expected a whole number of at least 1, or full',
  'train --batch 1.5': 'gradloom train: --batch has 1.5, expected a whole number of at least 1, or full',
  'train --batch all': 'gradloom train: --batch has "all", expected a whole number of at least 1, or full',
  'train --epochs -3': 'gradloom train: --epochs has -3, expected a whole number of at least 1',
  'train --seed 9007199254740992':
    'gradloom train: --seed has 9007199254740992, expected a whole number of at least 0 (at most 2^53 - 1)',
  'train --threads 0': 'gradloom train: --threads has 0, expected a whole number of at least 1, or auto',
  'train --dropout 1': 'gradloom train: --dropout has 1, expected a number from 0 to below 1',
  'train --hidden 3,,4': 'gradloom train: --hidden has "3,,4", expected widths of layers such as 128,64, or none',
  'train --epochs 5 --steps 5': 'gradloom train: --epochs is given with --steps, expected one of the two',
  'train --minutes 5 --steps 5': 'gradloom train: --minutes is given with --steps, expected one of the two',
  'train --spec a.json --hidden 3': 'gradloom train: --spec is given with --hidden, expected one of the two',
  'train --out a --no-out': 'gradloom train: --out is given with --no-out, expected one of the two',
  'train --activation rellu':
    'gradloom train: --activation has "rellu", expected one of identity, sigmoid, tanh, relu, leaky-relu, elu, gelu, gelu-tanh, silu, softplus, softsign, step (did you mean relu?)',
  'train --activation elu:beta=1': 'gradloom train: --activation elu: option "beta" is unknown, expected alpha',
  'train --optimizer admm':
    'gradloom train: --optimizer has "admm", expected one of sgd, adam, adamw, rmsprop, adagrad, lion, muon (did you mean adam?)',
  'train --optimizer sgd:momentum':
    'gradloom train: --optimizer has "sgd:momentum", expected sgd:option=value,option=value',
  'train --optimizer sgd:momentun=1':
    'gradloom train: --optimizer sgd: option "momentun" is unknown, expected lr, momentum, nesterov, weight-decay, decayed, lr-of, decay-of (did you mean momentum?)',
  'train --schedule step:gamma=-1': 'gradloom train: --schedule step: gamma has -1, expected a number above 0',
  'train --init normal:std=-1': 'gradloom train: --init normal: std has -1, expected a number of at least 0',
  'train --loss hubr':
    'gradloom train: --loss has "hubr", expected one of mse, quadratic, softmax-cross-entropy, soft-target-cross-entropy, binary-cross-entropy, mae, huber, output (did you mean huber?)',
  'train --dataset xor --optimizer adam --momentum 0.9':
    'gradloom train: --momentum is no option of adam, expected --lr, --beta1, --beta2, --epsilon, --weight-decay, --decayed, --lr-of, --decay-of (--momentum belongs to sgd, rmsprop, muon)',
  'train --dataset xor --nesterov':
    'gradloom train: --nesterov: momentum has 0, expected a number in (0, 1) with nesterov',
  'train --dataset xor --shards 2': 'gradloom train: --shards is unknown, expected a flag from --help',
  'train --dataset xor --validation 0.1': 'gradloom train: --validation has 0 rows (0.1 of 4), expected at least 1',
  'train --dataset spirals:rows=1':
    'gradloom train: --dataset spirals: rows has 1, expected at least 2 (one per class)',
  'train --dataset mnist:rows=1': 'gradloom train: --dataset mnist: option "rows" is unknown, expected none',
  evaluate: 'gradloom evaluate: the model is missing, expected a run such as runs/mnist-1, or a model file',
  'evaluate a b': 'gradloom evaluate: the word "b" is not needed, expected one model',
  'evaluate a --top-k 0': 'gradloom evaluate: --top-k has 0, expected a whole number of at least 1',
  'predict a --rows 5..2': 'gradloom predict: --rows has "5..2", expected rows such as 0..9 or 0,3,7..9',
  'train --optimizer sgd:lr=1e400': 'gradloom train: --optimizer sgd: lr has 1e400, expected a finite number',
  'train --optimizer sgd:lr=1,lr=2': 'gradloom train: --optimizer sgd: option "lr" is given twice, expected once',
  'train --schedule step:foo=1':
    'gradloom train: --schedule step: option "foo" is unknown, expected every-epochs, every-steps, gamma',
  'train --schedule step:every-epoch=1':
    'gradloom train: --schedule step: option "every-epoch" is unknown, expected every-epochs, every-steps, gamma (did you mean every-epochs?)',
  'train --schedule step:every-epochs=2,every-steps=5':
    'gradloom train: --schedule step: every-steps has 5 although epochs are given, expected only one of the two',
  'train --schedule step:every-epochs=0':
    'gradloom train: --schedule step: every-epochs has 0, expected a whole number of at least 1',
  'train --init he':
    'gradloom train: --init has "he", expected one of glorot-uniform, glorot-normal, he-uniform, he-normal, lecun-uniform, lecun-normal, orthogonal, uniform, normal, constant, zeros (did you mean he-uniform or he-normal?)',
  'train --loss cross-entropy':
    'gradloom train: --loss has "cross-entropy", expected one of mse, quadratic, softmax-cross-entropy, soft-target-cross-entropy, binary-cross-entropy, mae, huber, output (did you mean softmax-cross-entropy or soft-target-cross-entropy or binary-cross-entropy?)',
  'train --loss mse:delta=1': 'gradloom train: --loss mse: option "delta" is unknown, expected none',
  'train --activation step':
    'gradloom train: --activation has "step", which has no gradient, expected one of identity, sigmoid, tanh, relu, leaky-relu, elu, gelu, gelu-tanh, silu, softplus, softsign',
  'train --optimizer adam:lr=0.1 --lr 0.2':
    'gradloom train: --lr is given with lr of --optimizer, expected one of the two',
  'train --schedule cosine:warmup-steps=2 --warmup-steps 3':
    'gradloom train: --warmup-steps is given with warmup-steps of --schedule, expected one of the two',
  'train --blas /nowhere --backend wasm':
    'gradloom train: --blas is given with --backend wasm, expected backend blas or auto',
  // Machine code needs only weights and activations in this space.
  'train --dataset mnist --hidden 30000,30000 --threads 1':
    /^gradloom train: --hidden 30000,30000: the plan has \d+ MiB, expected at most 4096 MiB \(the address space of the kernels(?:, without gradients and optimizer state)?\): parameters 7049 MiB, /,
  // 100 billion weights.
  'train --dataset moons --hidden 1000000,100000 --threads 1':
    /^gradloom train: --hidden 1000000,100000: the plan has \d+ MiB, expected at most 4096 MiB .*: parameters 762965 MiB, .*activations of 1 thread \d+ MiB\n$/,
  'train --dataset xor --test 0.99':
    'gradloom train: --test has 4 of the 4 rows of xor, expected fewer (training needs rows too)',
  'train --dataset xor --test 0.5 --validation 0.5':
    'gradloom train: --validation 0.5 with --test 0.5 with --dataset xor: validation and test have 4 of the 4 rows of xor, expected fewer (training needs rows too)',
  'train --dataset mnist --test 0.1': 'gradloom train: --test has 0.1, expected none, since mnist has its own test set',
  'train --dataset xor --loss softmax-cross-entropy':
    'gradloom train: --loss softmax-cross-entropy with --dataset xor: the target of xor has values, expected class indices for softmax-cross-entropy (mse takes values)',
  'train --dataset xor --spec {"layers":[{"kind":"dense","out":7}]}':
    "gradloom train: --spec with --dataset xor: the network's output has 7, expected 1 (numbers per target of xor)",
  'train --dataset xor --spec {"input":5,"layers":[{"kind":"dense","out":1}]}':
    "gradloom train: --spec with --dataset xor: the network's input has 5, expected 2 (numbers per row of xor)",
  'train --dataset xor --spec {"layers":[{"kind":"dense"}]}':
    'gradloom train: --spec: layer 0: dense: out is missing, expected a whole number of at least 1',
  'train --dataset xor --spec {"lyers":[]}':
    'gradloom train: --spec: option "lyers" is unknown, expected input, layers, output (did you mean layers?)',
  'train --dataset xor --spec {"layers":[{"kind":"dense","out":1},{"kind":"activation","fn":"step"}]}':
    'gradloom train: --spec: step at layer 1 has derivative 0 everywhere, expected an activation with a gradient',
  'train --dataset xor --out package.json':
    'gradloom train: --out has package.json, expected a new or empty directory (it is a file, or below one)',
  'train --dataset xor --out packages/cli/bin':
    'gradloom train: --out has packages/cli/bin, expected a new or empty directory (it holds gradloom.js)',
  'train --constructor 5': 'gradloom train: --constructor is unknown, expected a flag from --help',
  'train --__proto__=5': 'gradloom train: --__proto__ is unknown, expected a flag from --help',
  'train --dataset spirals:rows=1e12':
    /^gradloom train: --dataset spirals: rows has 1000000000000, which need 45776368 MiB of memory, expected at most \d+ MiB \(what this machine has free\)\n/,
  'train --dataset spirals:rows=2':
    'gradloom train: --dataset spirals: test has 0 rows (0.2 of 2), expected at least 1',
  'train --dataset spirals:seed=abc':
    'gradloom train: --dataset spirals: seed has "abc", expected a whole number of at least 0',
  'train --dataset xor --init normal:std=1e308 --no-out':
    /^gradloom train: --init normal: at the start W of dense\(2->3\) at layer 0 has -?Infinity, expected finite numbers\n/,
  'train --dataset churned --target package.json':
    'gradloom train: --dataset has "churned" and --target has the file "package.json", expected --dataset package.json --target churned',
  'train --activation relu:alpha=1': 'gradloom train: --activation relu: option "alpha" is unknown, expected none',
  'train --batch 1e20':
    'gradloom train: --batch has 100000000000000000000, expected a whole number of at least 1, or full (at most 2^53 - 1)',
  'experiment neuron --out package.json':
    'gradloom experiment: --out has package.json, expected a directory that can be written (it is a file, or below one)',
  'experiment neuron --out package.json/numbers':
    'gradloom experiment: --out has package.json/numbers, expected a directory that can be written (it is a file, or below one)',
  'scale --out package.json':
    'gradloom scale: --out has package.json, expected a directory that can be written (it is a file, or below one)',
  'experiment loss --blas /nowhere':
    'gradloom experiment: --blas is given with backend wasm, the default, expected backend blas or auto',
  'scale --backend wasm --blas /nowhere':
    'gradloom scale: --blas is given with --backend wasm, expected backend blas or auto',
  'train --dataset xor --spec {"layers":[{"kind":"dense","out":1,"out":1}]}':
    'gradloom train: --spec has the key "out" twice in one object, expected it once',
  'completion tcsh': 'gradloom completion: shell has "tcsh", expected one of bash, zsh, fish',
  'completion bash zsh': 'gradloom completion: the word "zsh" is not needed, expected one shell',
  'doctor now': 'gradloom doctor: the word "now" is not needed, expected only flags',
};

/** Command lines that can be run, but fail. */
const failures: Record<string, string | RegExp> = {
  'train --dataset ./nowhere':
    'gradloom train: --dataset ./nowhere does not exist, expected a file or folder with data',
  'train --dataset nofile.csv': 'gradloom train: --dataset nofile.csv does not exist, expected a CSV file',
  'train --dataset nofile.csv:target=price': 'gradloom train: --dataset nofile.csv does not exist, expected a CSV file',
  'train --dataset packages.json':
    'gradloom train: --dataset packages.json does not exist, expected a JSON file with an array of rows (did you mean package.json?)',
  'train --dataset nofile.txt': 'gradloom train: --dataset nofile.txt does not exist, expected a text file',
  'train --dataset README.md':
    'gradloom train: --dataset README.md has no known format, expected an IDX file of images such as train-images-idx3-ubyte, with its labels beside it, or one that ends in .npy, or one that ends in .npz, or a file whose name ends in .csv or .tsv, or a text that ends in .txt, or one that ends in .jsonl or .ndjson, or one that ends in .json, or one that ends in .parquet, or one that ends in .sqlite',
  'train --dataset package.json':
    'gradloom train: --dataset package.json: the file has an object at its beginning, expected an array of rows, [{…}, {…}] (name a file with a row a line .jsonl)',
  'train --dataset docs/live.png':
    'gradloom train: --dataset docs/live.png is one image, expected a folder with a folder of PNG or JPEG images for each class',
  'train --dataset packages':
    'gradloom train: --dataset packages has no data of a known format, expected a folder with train-images-idx3-ubyte and train-labels-idx1-ubyte, or a folder with x.npy and y.npy, or a folder with a folder of PNG or JPEG images for each class',
  'train --dataset packages/runtime/data --target species':
    'gradloom train: --dataset packages/runtime/data is a folder with 6 tables, expected one file, such as packages/runtime/data/breast-cancer.csv.gz (copy the rows of several into one)',
  'train --config nowhere.yaml': 'gradloom train: --config nowhere.yaml does not exist, expected a file',
  'train --dataset xor --spec nowhere.json': 'gradloom train: --spec nowhere.json does not exist, expected a file',
  'train --config packages': 'gradloom train: --config packages cannot be read: it is a directory, expected a file',
  'train --dataset xor --out /proc/run --steps 1':
    /^gradloom train: --out has \/proc\/run, expected a directory that can be written, or --no-out \(ENOENT/,
  'train --dataset xor --blas /nowhere --no-out':
    /^gradloom train: (--blas has "\/nowhere", expected a BLAS library \(|[^\n]*koffi is not installed)/,
  'experiment neuron --out /proc/numbers':
    'gradloom experiment: --out has /proc/numbers, expected a directory that can be written (ENOENT)',
  'experiment loss --blas /nowhere --backend blas':
    /^gradloom experiment: (--blas has "\/nowhere", expected a BLAS library \(|[^\n]*koffi is not installed)/,
  'doctor --blas /nowhere':
    /^gradloom doctor: (--blas has "\/nowhere", expected a BLAS library \(|koffi is not installed)/,
  'inspect package.json':
    'gradloom inspect: package.json has no layers, expected a network, { "input": 4, "layers": [...] }',
  'inspect packages':
    'gradloom inspect: no model found in "packages", expected a run that train wrote (it has no model.gradloom)',
  'report packages':
    'gradloom report: no run found in "packages", expected a directory that train, search, lr-find, explain, experiment or scale wrote',
  'report nowhere':
    'gradloom report: no run found in "nowhere" (it does not exist), expected a directory that train, search, lr-find, explain, experiment or scale wrote',
  'report package.json':
    'gradloom report: no run found in "package.json" (it is not a directory), expected a directory that train, search, lr-find, explain, experiment or scale wrote',
  'verify packages':
    'gradloom verify: no run found in "packages", expected a directory that train, search, lr-find, explain, experiment or scale wrote',
  'verify nowhere':
    'gradloom verify: nowhere does not exist, expected a directory that train, search, lr-find, explain, experiment or scale wrote',
  'evaluate nowhere': 'gradloom evaluate: nowhere does not exist, expected a run or a model file',
};

describe.each([
  ['with exit code 2', usage, 2],
  ['with exit code 1', failures, 1],
])('is refused %s', (_title, table, code) => {
  test.each(Object.entries(table))('%s', async (line, sentence) => {
    const outcome = await gradloom(line.split(' '));
    const stderr = typeof sentence === 'string' ? `${sentence}\n` : expect.stringMatching(sentence);
    expect(outcome).toEqual({ code, stderr, stdout: '' });
    expect(outcome.stderr.match(/\n/g)).toHaveLength(1);
  });
});

test('an error in a network file names file, layer, and both lengths', async () => {
  const file = join(temporaryDirectory(), 'net.json');
  writeFileSync(
    file,
    JSON.stringify({
      layers: [
        { kind: 'dense', out: 5 },
        { kind: 'dense', in: 4, out: 1 },
      ],
    }),
  );
  const { code, stderr } = await gradloom(['train', '--dataset', 'xor', '--spec', file]);
  expect(stderr).toBe(
    `gradloom train: --spec ${file}: dense(4->1) at layer 1: input has length 4, expected 5 (output of dense(2->5))\n`,
  );
  expect(code).toBe(2);
});

test('--verbose adds the stack to the sentence, and nothing else does', async () => {
  const { stderr } = await gradloom(['train', '--batch', '0', '--verbose']);
  const [sentence, ...stack] = stderr.split('\n');
  expect(sentence).toBe('gradloom train: --batch has 0, expected a whole number of at least 1, or full');
  expect(stack.join('\n')).toContain('at ');
});

test('an error in a data file names the flag, the file and the problem, and is no usage error', async () => {
  const folder = temporaryDirectory();
  const images = join(folder, 'train-images-idx3-ubyte');
  const labels = join(folder, 'train-labels-idx1-ubyte');
  const train = async () => gradloom(['train', '--dataset', folder, '--no-out']);
  writeFileSync(images, encodeIdx('unsigned byte', [3, 1, 1], [0, 9, 0]));
  writeFileSync(labels, encodeIdx('signed byte', [3], [0, 1, -1]));
  const negative = `--dataset ${folder}: ${labels}: label of row 2 has -1, expected at least 0 (classes count from 0)`;
  expect(await train()).toEqual({ code: 1, stdout: '', stderr: `gradloom train: ${negative}\n` });
  writeFileSync(images, encodeIdx('unsigned byte', [4, 1, 1], [0, 9, 0]));
  expect(await train()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`--dataset ${folder}: ${images} has `),
  });
  writeFileSync(images, 'text');
  expect(await train()).toMatchObject({ code: 1, stderr: expect.stringContaining(`${images} has the first bytes`) });
});

test.each(['--spec', '--config'])('deeply nested layers in a file of %s', async (flag) => {
  const folder = temporaryDirectory();
  const deep = (levels: number) =>
    `${'{"kind":"residual","layers":['.repeat(levels)}{"kind":"dense","out":2}${']}'.repeat(levels)}`;
  const write = (name: string, levels: number): string => {
    const file = join(folder, name);
    const network = `{"layers":[${deep(levels)}]}`;
    writeFileSync(file, flag === '--spec' ? network : `{"spec":${network}}`);
    return file;
  };
  const say = async (file: string) => {
    const outcome = await gradloom(['train', '--dataset', 'moons', flag, file, '--no-out']);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    return outcome.stderr.replace(file, 'FILE');
  };
  const levels = 'has more than 16 levels of nested layers, expected at most 16\n';
  expect(await say(write('a.json', 5_000))).toMatch(new RegExp(`^gradloom train: ${flag} FILE: .*layer (0.){15}0 `));
  expect(await say(write('a.json', 5_000))).toContain(levels);
  expect(await say(write('b.json', 100_000))).toContain(levels);
  expect(await say(write('c.yaml', 1_600))).toBe(
    `gradloom train: ${flag} FILE is not valid YAML, expected YAML or JSON (it has more than 64 levels of nesting)\n`,
  );
});

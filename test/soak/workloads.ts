/** What is trained in a soak: few seconds each, so that signals come in the middle. */
export const workloads: Readonly<Record<string, readonly string[]>> = {
  'adam, dropout, validation': [
    ...['--dataset', 'moons:rows=600,noise=0.2', '--hidden', '64,64', '--dropout', '0.2', '--validation', '0.2'],
    ...['--batch', '60', '--epochs', '500', '--checkpoint-every', '40'],
  ],
  'sgd, plateau, clipping': [
    ...['--dataset', 'spirals:rows=700,classes=3', '--hidden', '96,96', '--optimizer', 'sgd:momentum=0.9'],
    ...['--lr', '0.05', '--schedule', 'plateau:patience-epochs=2,gamma=0.5', '--clip-norm', '1', '--validation', '0.2'],
    ...['--batch', '64', '--epochs', '300', '--checkpoint-every', '1s'],
  ],
  'floats, adamw, an average of the weights': [
    ...['--dataset', 'moons:rows=600,noise=0.2', '--precision', 'float32', '--hidden', '64,64', '--optimizer', 'adamw'],
    ...['--ema', '0.99', '--validation', '0.2', '--batch', '60', '--epochs', '500', '--checkpoint-every', '40'],
  ],
  'full batch, cosine': [
    ...['--dataset', 'blobs:rows=500', '--hidden', '64', '--schedule', 'cosine:warmup-steps=20', '--batch', 'full'],
    ...['--steps', '6000', '--checkpoint-every', '700e'],
  ],
  'a rate that is rolled back': [
    ...['--dataset', 'moons:rows=600', '--hidden', '32', '--activation', 'relu', '--output-activation', 'identity'],
    ...'--loss mse --optimizer sgd:momentum=0.5 --lr 0.1 --schedule step:every-epochs=60,gamma=16'.split(' '),
    ...['--batch', '5', '--epochs', '180', '--on-nan', 'rollback', '--checkpoint-every', '37'],
  ],
  'looks, rmsprop': [
    ...['--dataset', 'circles:rows=500,noise=0.1', '--hidden', '48,48,48', '--optimizer', 'rmsprop', '--probe', '60'],
    ...['--batch', '20', '--epochs', '200', '--checkpoint-every', '2e'],
  ],
};

import { buildNetwork, createLoss, type LossSpec, type Model } from '@gradloom/core';
import { checkObject, createElements, decoderPart, headsOf, typeOf, viewOf } from '@gradloom/core/internal';
import { createModel } from './model.ts';

/**
 * The decoder of a variational autoencoder as a model of its own, with the same weights: rows are latent values z,
 * outputs those of the network, of several the first whose loss has targets. z is the value through which alone the
 * output depends on a layer `gaussian`; numbers of the normal distribution make new rows.
 * @throws OptionError if there is no such value.
 */
export function decoderOf(model: Model): Model {
  checkObject('decoderOf', 'model', model, 'a model');
  const { spec, parameters, loss, parts, fused } = model;
  const network = buildNetwork(spec, parts?.customParts);
  const headLosses = loss === undefined ? [] : (createLoss(loss, parts?.customParts).heads ?? []);
  const heads = headsOf(network) ?? [];
  const k = heads.findIndex(({ name }) => headLosses.find((head) => head.name === name)?.loss.targets !== 'none');
  const last = network.allLayers[network.allLayers.length - 1];
  const ownLoss = heads.length === 0 ? loss : headLosses.find(({ name }) => name === heads[k]?.name)?.loss.spec;
  const decoder = decoderPart(network, heads.length === 0 ? undefined : last.inputs[Math.max(0, k)]);
  const weights = createElements(
    typeOf(parameters),
    decoder.tensors.reduce((sum, { length }) => sum + length, 0),
  );
  let end = 0;
  for (const { offset, length } of decoder.tensors) {
    weights.set(viewOf(parameters, offset, length), end);
    end += length;
  }
  return createModel({
    spec: decoder.spec,
    parameters: weights,
    ...(ownLoss === undefined ? {} : { loss: ownLoss as LossSpec }),
    ...(parts === undefined ? {} : { parts }),
    ...(fused === undefined ? {} : { fused }),
  });
}

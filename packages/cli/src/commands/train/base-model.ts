import { type Checkpoint, type Cluster, importModel, loadModel, type ModelContents } from '@gradloom/runtime';
import { formatOf } from '@gradloom/runtime/options';
import { anyModelPath } from '../../files/models/model-path.ts';
import { loadOptions } from '../../options/custom-parts.ts';
import { UsageError } from '../../terminal/failure.ts';
import type { TrainValues } from './options.ts';

/** The model that a run starts from: its network, and how rows become inputs. */
export interface BaseModel extends Pick<ModelContents, 'spec' | 'loss' | 'preprocessing' | 'metadata'> {
  /** The weights; null for a run that a checkpoint continues, whose network is that of the run. */
  readonly model: ModelContents | null;
}

/**
 * The model of --from. A run that continues needs no file: its checkpoint, which rank 0 has, knows the network and how
 * rows are encoded.
 * @throws UsageError for options that need a model.
 */
export async function openBaseModel(
  values: TrainValues,
  checkpoint: Checkpoint | null = null,
  cluster: Cluster | null = null,
): Promise<BaseModel | undefined> {
  const { from } = values;
  for (const [flag, neededFlag] of NEEDED) {
    if (values[flag] === undefined || values[flag] === false || values[neededFlag] !== undefined) continue;
    throw new UsageError(`--${flag} is given without --${neededFlag}, expected both`);
  }
  if (from === undefined) return undefined;
  const { spec, loss, preprocessing, metadata } = checkpoint ?? {};
  const modelOfRun = spec === undefined ? null : { spec, loss, preprocessing, metadata };
  const resumedModel = cluster === null ? modelOfRun : await cluster.fromFirst(modelOfRun);
  if (resumedModel !== null) return { ...resumedModel, model: null } as BaseModel;
  const model = await readModel(from);
  return { ...model, model };
}

/** Flags, and what each needs. */
const NEEDED = [
  ...(['until', 'replace-head', 'lora', 'merge-lora'] as const).map((flag) => [flag, 'from'] as const),
  ...(['lora-alpha', 'lora-layers'] as const).map((flag) => [flag, 'lora'] as const),
] as const;

/** The model of a file, a run or a checkpoint. */
const readModel = async (path: string): Promise<ModelContents> =>
  formatOf(path) === 'onnx' ? importModel(path) : loadModel(anyModelPath(path), loadOptions());

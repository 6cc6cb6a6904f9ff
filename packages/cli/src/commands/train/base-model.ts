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
  { from, until, 'replace-head': replacesHead }: TrainValues,
  checkpoint: Checkpoint | null = null,
  cluster: Cluster | null = null,
): Promise<BaseModel | undefined> {
  if (from === undefined) {
    const stray = until === undefined ? (replacesHead ? 'replace-head' : undefined) : 'until';
    if (stray !== undefined) throw new UsageError(`--${stray} is given without --from, expected both`);
    return undefined;
  }
  const { spec, loss, preprocessing, metadata } = checkpoint ?? {};
  const ofRun = spec === undefined ? null : { spec, loss, preprocessing, metadata };
  const resumed = cluster === null ? ofRun : await cluster.fromFirst(ofRun);
  if (resumed !== null) return { ...resumed, model: null } as BaseModel;
  const model = await readModel(from);
  return { ...model, model };
}

/** The model of a file, a run or a checkpoint. */
const readModel = async (path: string): Promise<ModelContents> =>
  formatOf(path) === 'onnx' ? importModel(path) : loadModel(anyModelPath(path), loadOptions());

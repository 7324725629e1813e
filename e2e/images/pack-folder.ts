import { runCommand } from '../../operator/standalone/binaries/run-command.ts';

/** Nothing of the machine gets into the bytes: order, times, owners, modes and hard links are all the same everywhere. */
const SAME_EVERYWHERE = [
  '--format=gnu',
  '--sort=name',
  '--mtime=@0',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--mode=u=rwX,go=rX',
  '--hard-dereference',
];

/** Packs what is in `folder` into the tar `file`. Rejects where tar cannot. */
export async function packFolder(folder: string, file: string): Promise<void> {
  const { ok, reason } = await runCommand('tar', [...SAME_EVERYWHERE, '-cf', file, '-C', folder, '.'], {
    env: { ...process.env, TAR_OPTIONS: '' },
  });
  if (!ok) throw new Error(`${file} cannot be packed: ${reason}\nGNU tar 1.28 or newer is needed.`);
}

/** What people call a kind: `<group>/<kind>`, in the core group the kind alone. */
export const kindName = ({ group, kind }: { readonly group: string; readonly kind: string }): string =>
  group === '' ? kind : `${group}/${kind}`;

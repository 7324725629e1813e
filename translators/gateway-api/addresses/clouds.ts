import type { CloudScheme } from '../../ir/infra-node.ts';

/**
 * How load balancers of clouds are asked for addresses by their names: by annotations of their Service. What is here is what the vendors say and their
 * controllers do (docs/decisions/0033); a load balancer that passes the annotation over takes another address without a word, and is not asked.
 */

type Annotations = Readonly<Record<string, string>>;

/** The Service of a fleet, as far as it decides which addresses its load balancer takes. */
export interface BalancerSettings {
  readonly type: string;
  readonly loadBalancerClass?: string | undefined;
  readonly loadBalancerIP?: string | undefined;
  /** It has addresses of both families, IPv4 first. */
  readonly dualStack: boolean;
  readonly annotations: Annotations;
}

export interface Cloud {
  /** As people call it. */
  readonly title: string;
  /** What an address can be called there. None has a comma or a space: one entry is one address. */
  readonly name: RegExp;
  /** The same for people. */
  readonly expected: string;
  readonly annotate: (names: readonly string[]) => Annotations;
  /** What else says which address a load balancer takes. */
  readonly rivals: readonly string[];
  /** Why these names would not be asked for, with the cure; ends without a full stop. */
  readonly obstacle: (names: readonly string[], settings: BalancerSettings) => string | undefined;
}

const IN_PROXY = 'in spec.provider.kubernetes.envoyService of its EnvoyProxy';
const AWS = 'service.beta.kubernetes.io/aws-load-balancer';
const AWS_CLASS = 'service.k8s.aws/nlb';
const AZURE = 'service.beta.kubernetes.io/azure';
const GKE_CLASSES: readonly string[] = ['networking.gke.io/l4-regional-external', 'networking.gke.io/l4-regional-internal'];

const google: Cloud = {
  title: 'Google Cloud',
  name: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  expected: 'at most 63 of a-z, 0-9 and -, beginning with a letter, as addresses of the region are called',
  annotate: (names) => ({ 'networking.gke.io/load-balancer-ip-addresses': names.join(',') }),
  rivals: [],
  obstacle: (names, settings) => balancerOfGoogle(settings) ?? oneOfEachFamily(names, settings),
};

/** The one of target pools, which is the default, and internal ones without subsetting know nothing but `loadBalancerIP`. */
function balancerOfGoogle({ loadBalancerClass, annotations }: BalancerSettings): string | undefined {
  if (loadBalancerClass !== undefined)
    return GKE_CLASSES.includes(loadBalancerClass)
      ? undefined
      : `load balancers of class ${loadBalancerClass} are not asked by names; set loadBalancerClass ${GKE_CLASSES.join(' or ')} ${IN_PROXY}`;
  const isInternal = ['networking.gke.io', 'cloud.google.com'].some((of) =>
    /^internal$/i.test(annotations[`${of}/load-balancer-type`] ?? ''),
  );
  if (isInternal)
    return `internal load balancers of GKE may pass the name over and take another address; set loadBalancerClass ${GKE_CLASSES[1]} ${IN_PROXY} in place of the annotation load-balancer-type`;
  if (annotations['cloud.google.com/l4-rbs'] === 'enabled') return undefined;
  return `load balancers of GKE that are not based on backend services pass the name over and take another address; set loadBalancerClass ${GKE_CLASSES[0]} ${IN_PROXY}, or the annotation cloud.google.com/l4-rbs: enabled`;
}

function oneOfEachFamily({ length }: readonly string[], { dualStack }: BalancerSettings): string | undefined {
  const most = dualStack ? 2 : 1;
  if (length <= most) return undefined;
  return `the load balancer takes ${most === 1 ? 'one address' : 'one address of each family'}, and ${length} are named; remove those beyond${dualStack ? '' : ', or set ipFamily DualStack in its EnvoyProxy for one of each family'}`;
}

const amazon: Cloud = {
  title: 'AWS',
  name: /^eipalloc-([0-9a-f]{8}|[0-9a-f]{17})$/,
  expected: 'the allocation ID of an Elastic IP, as eipalloc-0123456789abcdef0',
  annotate: (names) => ({ [`${AWS}-eip-allocations`]: names.join(',') }),
  rivals: [`${AWS}-private-ipv4-addresses`],
  obstacle: (_, settings) => balancerOfAmazon(settings),
};

function balancerOfAmazon({ loadBalancerClass, annotations }: BalancerSettings): string | undefined {
  const [type = '', scheme, internal = ''] = ['type', 'scheme', 'internal'].map((of) => annotations[`${AWS}-${of}`]);
  // The cloud provider's own; a class is for others.
  if (loadBalancerClass === undefined && type === 'nlb')
    return internal === '' || internal === 'false'
      ? undefined
      : `an internal load balancer has no Elastic IP; remove the annotation ${AWS}-internal`;
  const byController = loadBalancerClass === undefined ? ['external', 'nlb-ip'].includes(type) : loadBalancerClass === AWS_CLASS;
  if (!byController && loadBalancerClass !== undefined)
    return `load balancers of class ${loadBalancerClass} are not known to take Elastic IPs; set loadBalancerClass ${AWS_CLASS} ${IN_PROXY} in its place where the AWS Load Balancer Controller runs`;
  if (!byController)
    return `only Network Load Balancers have Elastic IPs, others pass them over and take another address; set loadBalancerClass ${AWS_CLASS} ${IN_PROXY} where the AWS Load Balancer Controller runs, or the annotation ${AWS}-type: nlb or external`;
  if (scheme === undefined ? internal === 'false' : scheme === 'internet-facing') return undefined;
  return `only load balancers that face the internet have Elastic IPs, and those of the AWS Load Balancer Controller are internal by default; set the annotation ${AWS}-scheme: internet-facing`;
}

const azure: Cloud = {
  title: 'Azure',
  name: /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,78}[A-Za-z0-9_])?$/,
  expected: 'at most 80 letters, digits and _.-, as public IP addresses are called',
  // A Service of one family is asked with the first, whichever family that is.
  annotate: ([first = '', second]) => ({
    [`${AZURE}-pip-name`]: first,
    ...(second === undefined ? {} : { [`${AZURE}-pip-name-ipv6`]: second }),
  }),
  rivals: ['pip-name-ipv6', 'load-balancer-ipv4', 'load-balancer-ipv6', 'pip-prefix-id', 'pip-prefix-id-ipv6'].map(
    (name) => `${AZURE}-${name}`,
  ),
  obstacle: (names, settings) => balancerOfAzure(settings) ?? namesOfFamilies(names, settings),
};

function balancerOfAzure({ loadBalancerClass, annotations }: BalancerSettings): string | undefined {
  if (loadBalancerClass !== undefined)
    return `the load balancer of Azure has no class, and its Service is of class ${loadBalancerClass}; remove loadBalancerClass ${IN_PROXY}`;
  if (annotations[`${AZURE}-load-balancer-internal`] !== 'true') return undefined;
  return `an internal load balancer has no public IP address; remove the annotation ${AZURE}-load-balancer-internal`;
}

function namesOfFamilies(names: readonly string[], settings: BalancerSettings): string | undefined {
  if (!settings.dualStack || names.length > 1) return oneOfEachFamily(names, settings);
  return 'with ipFamily DualStack Azure is asked for each family by itself; name two, first that of the IPv4 address, then that of the IPv6 address';
}

const CLOUDS: Readonly<Record<CloudScheme, Cloud>> = { gce: google, aws: amazon, azure };

export const cloudOf = (scheme: CloudScheme): Cloud => CLOUDS[scheme];

export const isKnownScheme = (scheme: string): scheme is CloudScheme => Object.hasOwn(CLOUDS, scheme);

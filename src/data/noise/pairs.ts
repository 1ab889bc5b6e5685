/** Classes of CIFAR-10 that are taken for another, and for which (arXiv 1609.03683, section 5). The other five are not. */
const CIFAR10_PAIRS: Readonly<Record<string, string>> = {
  truck: 'automobile',
  bird: 'airplane',
  deer: 'horse',
  cat: 'dog',
  dog: 'cat',
};

const CIFAR10_CLASSES = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');

/** The superclasses of CIFAR-100, each a line, in the order of their labels; members in the order of theirs. */
const CIFAR100_SUPERCLASSES = `
  beaver dolphin otter seal whale
  aquarium_fish flatfish ray shark trout
  orchid poppy rose sunflower tulip
  bottle bowl can cup plate
  apple mushroom orange pear sweet_pepper
  clock keyboard lamp telephone television
  bed chair couch table wardrobe
  bee beetle butterfly caterpillar cockroach
  bear leopard lion tiger wolf
  bridge castle house road skyscraper
  cloud forest mountain plain sea
  camel cattle chimpanzee elephant kangaroo
  fox porcupine possum raccoon skunk
  crab lobster snail spider worm
  baby boy girl man woman
  crocodile dinosaur lizard snake turtle
  hamster mouse rabbit shrew squirrel
  maple oak palm pine willow
  bicycle bus motorcycle pickup_truck train
  lawn_mower rocket streetcar tank tractor
`
  .trim()
  .split('\n')
  .map((line) => line.trim().split(' '));

/**
 * The class that each class is taken for under asymmetric noise, as class indices; its own where it is never mistaken.
 *
 * CIFAR-10, known by its class names: truck for automobile, bird for airplane, deer for horse, cat and dog for each
 * other. CIFAR-100: the next class of the superclass, the last for the first (arXiv 1609.03683). Others: the next
 * class, the last for the first.
 */
export function confusedWith(classes: readonly string[]): Int32Array {
  // CIFAR-100's own file says maple_tree where its author's page says maple.
  const indexOf = new Map(classes.map((name, index) => [name.replace(/_tree$/, ''), index]));
  const hasExactly = (names: readonly string[]) =>
    names.length === classes.length && names.every((name) => indexOf.has(name));
  if (hasExactly(CIFAR10_CLASSES)) {
    return Int32Array.from(classes, (name, index) => indexOf.get(CIFAR10_PAIRS[name] ?? name) ?? index);
  }
  const next = Int32Array.from(classes, (_, index) => (index + 1) % classes.length);
  if (!hasExactly(CIFAR100_SUPERCLASSES.flat())) return next;
  for (const members of CIFAR100_SUPERCLASSES) {
    members.forEach((name, i) => {
      next[indexOf.get(name)!] = indexOf.get(members[(i + 1) % members.length]!)!;
    });
  }
  return next;
}

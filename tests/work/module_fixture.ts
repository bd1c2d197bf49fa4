/**
 * A function that engines reach by its module and name.
 *
 * @module
 */

/** The sum of two numbers. */
export function addForTest(a: number, b: number): number {
  return a + b;
}

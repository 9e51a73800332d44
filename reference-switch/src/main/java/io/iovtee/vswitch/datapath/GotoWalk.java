// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.FlowKey;

/**
 * The way of a batch's flows through tables whose rules do nothing but go on to a later one: taken
 * once for a flow, not for each of its frames, and with the rule at its end the frames are handled
 * as those of one table. Whatever else rules do on the way is the {@link Rewriter}'s. Poll thread.
 */
final class GotoWalk {
  /** Longer ways are walked frame by frame: a bound on what is kept of a batch. */
  static final int STEPS_MAX = 32;

  private final int[] passed = new int[FrameBatch.CAPACITY * STEPS_MAX];
  private final int[] steps = new int[FrameBatch.CAPACITY];
  private final long[] key = new long[FlowKey.WORDS];
  private boolean any;

  /** A batch begins. */
  void start() {
    any = false;
  }

  /** Whether a flow of the batch went through more than one table. */
  boolean any() {
    return any;
  }

  /**
   * Follows a flow.
   *
   * @param rule what it meets in the first table, or MISS
   * @param keys the flow's key is at {@code flow}
   * @return the rule that decides: {@code rule}, if there is no way from it that ends in a rule
   *     which needs no {@link Rewriter}
   */
  int follow(Pipeline pipeline, int flow, int rule, int inPort, long[] keys) {
    FlowProgram program = pipeline.program();
    steps[flow] = 0;
    int table = 0;
    int found = rule;
    for (int step = 0; found != Classifier.MISS; step++) {
      if (program.single(found) != FlowProgram.REWRITE) {
        steps[flow] = step;
        any |= step > 0;
        return found;
      }
      int next = program.onward(found);
      if (next <= table || step == STEPS_MAX) {
        return rule;
      }
      if (step == 0) {
        System.arraycopy(keys, flow * FlowKey.WORDS, key, 0, FlowKey.WORDS);
      }
      passed[flow * STEPS_MAX + step] = found;
      FlowKey.moveTo(next, inPort, key, 0);
      found = pipeline.find(key);
      table = next;
    }
    return rule;
  }

  /** Counts frames of a flow for the rules on its way, but for the last. */
  void count(FlowProgram program, int flow, int packets, long bytes, long nowNs) {
    for (int step = 0; step < steps[flow]; step++) {
      program.count(passed[flow * STEPS_MAX + step], packets, bytes, nowNs);
    }
  }
}

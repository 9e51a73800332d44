// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.classifier.Classifier;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Per port, the rule that decides all of its frames, whatever is in them, and how many frames were
 * decided that way. One poll loop owns it; the counter may be read by any thread.
 */
final class PortRules {
  /** Not an answer of {@link Classifier#lookupPort}. */
  private static final int UNASKED = Classifier.UNDECIDED - 1;

  private static final VarHandle UNPARSED;

  static {
    try {
      UNPARSED =
          MethodHandles.lookup()
              .findVarHandle(PortRules.class, "unparsed", long.class)
              .withInvokeExactBehavior();
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int[] rules = new int[OwnerIds.PORTS_MAX + 1];
  private Classifier classifier;
  private long unparsed;

  PortRules(Classifier classifier) {
    this.classifier = classifier;
    Arrays.fill(rules, UNASKED);
  }

  /** Takes other rules; each port is asked for anew when its next frames come. */
  void reset(Classifier next) {
    classifier = next;
    Arrays.fill(rules, UNASKED);
  }

  /** The rule's index; negative if there is none, see {@link Classifier#lookupPort}. */
  int of(int port) {
    int rule = rules[port];
    if (rule == UNASKED) {
      rule = classifier.lookupPort(port);
      rules[port] = rule;
    }
    return rule;
  }

  /** Notes frames that nobody looked at. */
  void passed(int frames) {
    UNPARSED.setOpaque(this, unparsed + frames);
  }

  /** Frames that nobody looked at. Any thread. */
  long unparsed() {
    return (long) UNPARSED.getOpaque(this);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.ClassifierEditor;
import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.text.FlowRuleParser;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A table that changes while somebody looks up in it. */
public final class ClassifierLookup {
  private static final int STAYS = 0;
  private static final int GOES = 1;
  private static final int COMES = 2;

  private ClassifierLookup() {}

  private static FlowRule rule(int i) {
    return FlowRuleParser.parseRule("dl_dst=02:00:00:00:00:0" + i + ",actions=drop");
  }

  private static final FlowRule[] RULES = {rule(STAYS), rule(GOES), rule(COMES)};

  /** An editor with two rules, and keys that meet each of the three. */
  static class Table {
    final ClassifierEditor editor = new ClassifierEditor(_ -> 1);
    final Classifier before;
    final long[] keys = new long[3 * FlowKey.WORDS];

    Table() {
      editor.put(STAYS, RULES[STAYS], 0);
      editor.put(GOES, RULES[GOES], 1);
      before = editor.publish();
      for (int i = 0; i < 3; i++) {
        FlowKey.set(MatchField.DL_DST, 0x0200_0000_0000L + i, -1L >>> 16, keys, i * FlowKey.WORDS);
      }
    }

    final Classifier change() {
      editor.remove(GOES);
      editor.put(COMES, RULES[COMES], 2);
      return editor.publish();
    }

    final int lookup(Classifier classifier, int rule) {
      return classifier.lookup(keys, rule * FlowKey.WORDS);
    }
  }

  /**
   * Whoever still has the old table finds what was in it, all the time. r1: the rule that goes, r2:
   * the rule that comes.
   */
  @JCStressTest
  @Outcome(id = "1, -1", expect = ACCEPTABLE, desc = "the old table")
  @State
  public static class OldTable extends Table {
    Classifier after = before;

    @Actor
    public void writer() {
      after = change();
    }

    /** The new table is kept, so that no compiler leaves it out. */
    @Arbiter
    public void keep(II_Result r) {
      r.r1 -= after == before ? 100 : 0;
    }

    @Actor
    public void loop(II_Result r) {
      r.r1 = lookup(before, GOES);
      r.r2 = lookup(before, COMES);
    }
  }

  /**
   * The new table is handed over without any care, by a plain store: whoever gets it has all of it.
   * A mailbox is more than that.
   */
  @JCStressTest
  @Outcome(id = "1, -1", expect = ACCEPTABLE, desc = "the old table")
  @Outcome(id = "-1, 2", expect = ACCEPTABLE, desc = "the new table")
  @State
  public static class NewTable extends Table {
    Classifier current = before;

    @Actor
    public void writer() {
      current = change();
    }

    @Actor
    public void loop(II_Result r) {
      Classifier mine = current;
      r.r1 = lookup(mine, GOES);
      r.r2 = lookup(mine, COMES);
    }
  }
}

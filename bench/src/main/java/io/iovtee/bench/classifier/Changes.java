// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import io.iovtee.api.FlowTable;
import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.ClassifierEditor;
import io.iovtee.flow.store.FlowMod;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Changes one rule after the other, added and deleted in turn, and times each. */
final class Changes {
  /** Changes before those that count: compiled code is what runs in a switch. */
  private static final int WARM_UP = 2_000;

  private Changes() {}

  /** What the writer wants and what the reader works by. */
  private static final class Published {
    volatile Classifier wanted;
    volatile Classifier taken;
    volatile boolean done;

    Published(Classifier first) {
      wanted = first;
      taken = first;
    }
  }

  /**
   * Microseconds from the change of a rule to a reader that looks up by it, and that looks up all
   * the time.
   *
   * @param editor with the rules, none of them at {@code ruleCount}
   */
  static List<Double> underLookups(
      ClassifierEditor editor, int ruleCount, Lookups lookups, int changes)
      throws InterruptedException {
    Published table = new Published(editor.publish());
    Thread reader =
        Thread.ofPlatform()
            .start(() -> {
              while (!table.done) {
                Classifier next = table.wanted;
                if (!next.equals(table.taken)) {
                  lookups.take(next);
                  table.taken = next;
                }
                lookups.load();
              }
            });
    List<Double> readings = new ArrayList<>();
    FlowRule rule = Rules.rule(ruleCount);
    for (int i = 0; i < WARM_UP + changes; i++) {
      long before = System.nanoTime();
      if (i % 2 == 0) {
        editor.put(ruleCount, rule, Long.MAX_VALUE);
      } else {
        editor.remove(ruleCount);
      }
      Classifier next = editor.publish();
      table.wanted = next;
      while (!table.taken.equals(next)) {
        Thread.onSpinWait();
      }
      if (i >= WARM_UP) {
        readings.add((System.nanoTime() - before) / 1e3);
      }
    }
    table.done = true;
    reader.join();
    return readings;
  }

  /** Microseconds from a command to its acknowledgement by all poll loops of a switch. */
  static List<Double> ofSwitch(FlowTable table, int ruleCount, int changes) {
    FlowRule rule = Rules.rule(ruleCount).withActions(List.of(Action.output("nf2")));
    List<FlowMod> add = List.of(new FlowMod.Add(rule));
    List<FlowMod> delete =
        List.of(new FlowMod.Delete(rule.match(), OptionalInt.of(rule.priority()), false));
    List<Double> readings = new ArrayList<>();
    for (int i = 0; i < WARM_UP + changes; i++) {
      long before = System.nanoTime();
      table.change(i % 2 == 0 ? add : delete, -1).toCompletableFuture().join();
      if (i >= WARM_UP) {
        readings.add((System.nanoTime() - before) / 1e3);
      }
    }
    return readings;
  }
}

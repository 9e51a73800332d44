// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import io.iovtee.api.FlowTable;
import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.ClassifierEditor;
import io.iovtee.flow.store.FlowMod;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/** Changes one rule after the other, added and deleted in turn, and times each. */
final class Changes {
  private static final String READER = "bench-reader";

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
   * From the change of a rule to a reader that looks up by it, and that looks up all the time.
   *
   * @param editor with the rules, none of them at {@code ruleCount}
   */
  static Intervals underLookups(ClassifierEditor editor, int ruleCount, Lookups lookups, int count)
      throws InterruptedException {
    Published table = new Published(editor.publish());
    Thread reader =
        Thread.ofPlatform()
            .name(READER)
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
    FlowRule rule = Rules.rule(ruleCount);
    IntConsumer change =
        i -> {
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
        };
    try (CoreWatch watch = new CoreWatch(READER::equals)) {
      return Intervals.measure(Intervals.WARM_UP, count, watch, () -> 0, change);
    } finally {
      table.done = true;
      reader.join();
    }
  }

  /**
   * From a command to its acknowledgement by all poll loops of a switch.
   *
   * @param missed frames that its NIC has missed so far
   * @param warmUp changes before those that count; an even number
   */
  static Intervals ofSwitch(
      FlowTable table, LongSupplier missed, int ruleCount, int warmUp, int count) {
    FlowRule rule = Rules.rule(ruleCount).withActions(List.of(Action.output("nf2")));
    List<FlowMod> add = List.of(new FlowMod.Add(rule));
    List<FlowMod> delete =
        List.of(new FlowMod.Delete(rule.match(), OptionalInt.of(rule.priority()), false));
    IntConsumer change =
        i -> table.change(i % 2 == 0 ? add : delete, -1).toCompletableFuture().join();
    try (CoreWatch watch = new CoreWatch(name -> name.startsWith("iovtee-"))) {
      return Intervals.measure(warmUp, count, watch, missed, change);
    }
  }
}

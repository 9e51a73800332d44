// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.RuleGenerator;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

/** A table that changes rule by rule decides as one that is compiled anew. */
final class ClassifierEditorTest {
  private static final long SEED = 20_261_127;
  private static final ToIntFunction<String> PORTS = RuleGenerator.PORTS::indexOf;

  /** A cache whose keys fall on each other in the same way in every run. */
  private static ExactMatchCache seeded(int entries) {
    return new ExactMatchCache(entries, new SplittableRandom(SEED));
  }

  private static FlowRule rule(String text) {
    return FlowRuleParser.parseRule(text);
  }

  /** Rules by order, with the index that each has: the table as anybody would write it. */
  private static final class Model {
    final TreeMap<Long, Integer> indexByOrder = new TreeMap<>();
    final Map<Integer, FlowRule> rules = new HashMap<>();
    final ArrayDeque<Integer> free = new ArrayDeque<>();
    long nextOrder;

    int freeIndex() {
      return free.isEmpty() ? rules.size() : free.remove();
    }

    List<Integer> indexes() {
      return List.copyOf(indexByOrder.values());
    }

    List<FlowRule> list() {
      return indexByOrder.values().stream().map(rules::get).toList();
    }
  }

  private static final class Steps {
    final SplittableRandom random;
    final RuleGenerator generator;
    final ClassifierEditor editor = new ClassifierEditor(PORTS);
    final Model model = new Model();

    Steps(long seed) {
      random = new SplittableRandom(seed);
      generator = new RuleGenerator(seed, true);
    }

    void step(int wanted) {
      int count = model.rules.size();
      if (count == 0 || random.nextInt(2 * wanted) >= count) {
        add();
      } else {
        List<Long> orders = List.copyOf(model.indexByOrder.keySet());
        long order = orders.get(random.nextInt(orders.size()));
        int index = model.indexByOrder.get(order);
        FlowRule before = model.rules.get(index);
        editor.remove(index);
        if (random.nextBoolean()) {
          modify(order, before);
        } else {
          model.indexByOrder.remove(order);
        }
        model.rules.remove(index);
        model.free.add(index);
      }
    }

    private void add() {
      FlowRule added = generator.nextRule();
      if (random.nextInt(3) == 0 && !model.rules.isEmpty()) {
        // The match of another rule, with a priority above or below or the same.
        List<FlowRule> all = model.list();
        Match match = all.get(random.nextInt(all.size())).match();
        added = new FlowRule(added.priority(), 0, match, generator.nextActions(match));
      }
      int index = model.freeIndex();
      editor.put(index, added, model.nextOrder);
      model.rules.put(index, added);
      model.indexByOrder.put(model.nextOrder++, index);
    }

    /** Other actions for the rule in its place: under another index, since both may be seen. */
    private void modify(long order, FlowRule before) {
      FlowRule after =
          new FlowRule(before.priority(), before.cookie(), before.match(), List.of(Action.FLOOD));
      int index = model.free.isEmpty() ? model.rules.size() : model.free.remove();
      editor.put(index, after, order);
      model.rules.put(index, after);
      model.indexByOrder.put(order, index);
    }
  }

  /**
   * After each step of several thousand the table, and a cache in front of it, decide as a table
   * that is compiled anew, and as the plain meaning of the rules.
   */
  @Test
  void eachStepDecidesAsACompiledTableAndAsThePlainMeaning() {
    int lookups = 0;
    int hits = 0;
    long[] key = new long[2 * FlowKey.WORDS];
    long[] batchKeys = new long[12 * FlowKey.WORDS];
    int[] expectedOfBatch = new int[12];
    int[] cachedOfBatch = new int[12];
    LookupBatch batch = new LookupBatch();
    for (int table = 0; table < 6; table++) {
      Steps steps = new Steps(SEED + table);
      ExactMatchCache cache = seeded(64);
      ExactMatchCache batchCache = seeded(64);
      List<long[]> seen = new ArrayList<>();
      for (int step = 0; step < 800; step++) {
        for (int change = steps.random.nextInt(3); change >= 0; change--) {
          steps.step(10 + 25 * table);
        }
        Classifier classifier = steps.editor.publish();
        cache.reset(classifier);
        List<FlowRule> rules = steps.model.list();
        List<Integer> indexes = steps.model.indexes();
        Classifier fresh = Classifier.compile(rules, PORTS);
        LinearMatcher reference = new LinearMatcher(rules, PORTS);
        KeyGenerator keys = new KeyGenerator(SEED + step, rules, PORTS);
        assertThat(classifier.ruleCount()).isEqualTo(rules.size());
        assertThat(classifier.subtableCount()).isEqualTo(fresh.subtableCount());
        assertThat(classifier.unionMask()).isEqualTo(fresh.unionMask());
        for (int i = 0; i < 12; i++) {
          if (i < 6 && seen.size() > 8) {
            long[] again = seen.get(seen.size() - 1 - steps.random.nextInt(8));
            System.arraycopy(again, 0, key, 0, again.length);
          } else {
            keys.next(key, 5);
            seen.add(key.clone());
          }
          int expected = reference.lookup(key, 5);
          int index = expected == Classifier.MISS ? expected : indexes.get(expected);
          String where =
              "seed %d, table %d, step %d, key %s".formatted(SEED, table, step, hex(key));
          check(where + ": compiled", fresh.lookup(key, 5), expected, rules);
          check(where + ": changed", classifier.lookup(key, 5), index, rules);
          check(where + ": cached", cache.lookup(key, 5), index, rules);
          System.arraycopy(key, 5, batchKeys, i * FlowKey.WORDS, FlowKey.WORDS);
          expectedOfBatch[i] = index;
          lookups++;
          hits += index >= 0 ? 1 : 0;
        }
        batch.clear();
        for (int i = 0; i < 12; i++) {
          batch.add(i * FlowKey.WORDS);
        }
        classifier.lookup(batchKeys, batch);
        batchCache.reset(classifier);
        batchCache.lookup(batchKeys, 12, cachedOfBatch);
        for (int i = 0; i < 12; i++) {
          String where = "seed %d, table %d, step %d, key %d".formatted(SEED, table, step, i);
          check(where + ": in a batch", batch.found(i), expectedOfBatch[i], rules);
          check(where + ": in a cached batch", cachedOfBatch[i], expectedOfBatch[i], rules);
        }
      }
      assertThat(cache.hits()).as("cache hits").isGreaterThan(cache.misses() / 4);
    }
    assertThat(hits).as("of %d", lookups).isBetween(lookups / 4, lookups - lookups / 100);
  }

  private static void check(String where, int found, int expected, List<FlowRule> rules) {
    if (found != expected) {
      fail(
          "%s: found %d, expected %d of%n%s"
              .formatted(
                  where,
                  found,
                  expected,
                  String.join("\n", rules.stream().map(FlowRuleFormatter::format).toList())));
    }
  }

  private static String hex(long[] key) {
    return Arrays.stream(key).mapToObj(Long::toHexString).toList().toString();
  }

  @Test
  void whatWasPublishedStaysAsItWas() {
    ClassifierEditor editor = new ClassifierEditor(PORTS);
    List<Classifier> published = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      editor.put(i, address(i), i);
      if (i % 100 == 99) {
        published.add(editor.publish());
      }
    }
    for (int i = 0; i < 3_000; i += 2) {
      editor.remove(i);
    }
    Classifier last = editor.publish();
    long[] key = new long[FlowKey.WORDS];
    for (int i = 0; i < 3_000; i++) {
      layAddress(key, i);
      for (int p = 0; p < published.size(); p++) {
        int expected = i < 100 * (p + 1) ? i : Classifier.MISS;
        assertThat(published.get(p).lookup(key, 0)).isEqualTo(expected);
      }
      assertThat(last.lookup(key, 0)).isEqualTo(i % 2 == 0 ? Classifier.MISS : i);
    }
    assertThat(last.ruleCount()).isEqualTo(1_500);
    assertThat(published.getFirst().ruleCount()).isEqualTo(100);
  }

  private static FlowRule address(int address) {
    return FlowRule.of(
        5,
        Match.builder().with(MatchField.DL_TYPE, 0x0800).with(MatchField.NW_DST, address).build(),
        Action.DROP);
  }

  private static void layAddress(long[] key, int address) {
    key[0] = (long) FlowKey.TYPE_IPV4 << FlowKey.DL_TYPE_SHIFT;
    key[FlowKey.NW_ADDRESS_WORD] = address;
  }

  @Test
  void aHiddenRuleComesToLightWhenTheBetterOneGoes() {
    ClassifierEditor editor = new ClassifierEditor(PORTS);
    editor.put(0, rule("priority=5,actions=drop"), 0);
    editor.put(1, rule("priority=7,actions=drop"), 1);
    editor.put(2, rule("priority=7,actions=normal"), 2);
    editor.put(3, rule("priority=6,actions=drop"), 3);
    long[] key = new long[FlowKey.WORDS];
    for (int best : new int[] {1, 2, 3, 0}) {
      assertThat(editor.publish().lookup(key, 0)).isEqualTo(best);
      editor.remove(best);
    }
    assertThat(editor.publish().lookup(key, 0)).isEqualTo(Classifier.MISS);
    assertThat(editor.publish().subtableCount()).isZero();
  }

  @Test
  void aRuleThatIsRefusedLeavesTheTableAsItWas() {
    ClassifierEditor editor = new ClassifierEditor(PORTS);
    editor.put(0, rule("priority=5,actions=drop"), 0);
    assertThatThrownBy(() -> editor.put(1, rule("in_port=nf9,actions=drop"), 1))
        .hasMessageContaining("no such port: port=nf9");
    assertThatThrownBy(() -> editor.check(rule("actions=output:nf9")))
        .hasMessageContaining("no such port: port=nf9");
    assertThatThrownBy(() -> editor.put(0, rule("actions=normal"), 1))
        .hasMessage("another rule has this index: index=0");
    assertThatThrownBy(() -> editor.put(Classifier.RULES_MAX, rule("actions=normal"), 1))
        .hasMessageContaining("at most 4000000 rules");
    assertThatThrownBy(() -> editor.put(-1, rule("actions=normal"), 1))
        .hasMessageContaining("index=-1");
    assertThatThrownBy(() -> editor.remove(1)).isInstanceOf(NoSuchElementException.class);
    assertThatThrownBy(() -> editor.remove(5000)).isInstanceOf(NoSuchElementException.class);
    assertThat(editor.publish().ruleCount()).isEqualTo(1);
    assertThat(editor.publish().unresolved()).isEmpty();
  }

  /** A change must leave what the cache knows of other flows alone. */
  @Test
  void theCacheForgetsOnlyWhatAChangeHasToDoWith() {
    ClassifierEditor editor = new ClassifierEditor(PORTS);
    for (int i = 0; i < 200; i++) {
      editor.put(i, address(i), i);
    }
    ExactMatchCache cache = seeded(ExactMatchCache.ENTRIES_DEFAULT);
    cache.reset(editor.publish());
    long[] keys = new long[100 * FlowKey.WORDS];
    int[] found = new int[100];
    for (int i = 0; i < 100; i++) {
      long[] key = new long[FlowKey.WORDS];
      layAddress(key, i);
      System.arraycopy(key, 0, keys, i * FlowKey.WORDS, FlowKey.WORDS);
    }
    cache.lookup(keys, 100, found);
    assertThat(cache.misses()).isEqualTo(100);

    editor.remove(7);
    editor.put(200, address(1_000), 200);
    editor.remove(150);
    cache.reset(editor.publish());
    assertThat(cache.contains(keys, 6 * FlowKey.WORDS)).isTrue();
    assertThat(cache.contains(keys, 7 * FlowKey.WORDS)).isFalse();
    cache.lookup(keys, 100, found);
    assertThat(cache.misses()).as("only the one that is gone").isEqualTo(101);
    assertThat(found[7]).isEqualTo(Classifier.MISS);
    assertThat(found[8]).isEqualTo(8);

    // An index that comes back means another rule.
    editor.put(7, address(8_000), 201);
    editor.put(201, FlowRule.of(9, address(8).match(), Action.NORMAL), 202);
    cache.reset(editor.publish());
    cache.lookup(keys, 100, found);
    assertThat(cache.misses()).as("only the one that a better rule hides").isEqualTo(102);
    assertThat(found[7]).isEqualTo(Classifier.MISS);
    assertThat(found[8]).isEqualTo(201);

    // A rule of another table has nothing to do with it.
    editor.put(202, rule("table=1,ip,nw_dst=0.0.0.8,actions=drop"), 203);
    cache.reset(editor.publish());
    cache.lookup(keys, 100, found);
    assertThat(cache.misses()).isEqualTo(102);

    // A rule that looks at other bits makes keys mean something else.
    editor.put(300, rule("udp,tp_dst=5,actions=drop"), 300);
    cache.reset(editor.publish());
    cache.lookup(keys, 100, found);
    assertThat(cache.misses()).isEqualTo(202);
  }

  @Test
  void tooManyChangesOrASkippedClassifierEmptyTheCache() {
    ClassifierEditor editor = new ClassifierEditor(PORTS);
    editor.put(0, address(0), 0);
    ExactMatchCache cache = seeded(ExactMatchCache.ENTRIES_DEFAULT);
    long[] key = new long[FlowKey.WORDS];
    layAddress(key, 0);
    cache.reset(editor.publish());
    assertThat(cache.lookup(key, 0)).isZero();
    for (int i = 1; i <= ClassifierEditor.CHANGES_MAX; i++) {
      editor.put(i, address(i), i);
    }
    cache.reset(editor.publish());
    assertThat(cache.contains(key, 0)).as("as many changes as are told").isTrue();
    for (int i = 0; i <= ClassifierEditor.CHANGES_MAX; i++) {
      editor.put(1_000 + i, address(1_000 + i), 1_000 + i);
    }
    cache.reset(editor.publish());
    assertThat(cache.contains(key, 0)).as("one more").isFalse();

    assertThat(cache.lookup(key, 0)).isZero();
    for (int i = 0; i <= ClassifierEditor.CHANGES_MAX; i++) {
      editor.remove(1_000 + i);
      cache.reset(editor.publish());
    }
    assertThat(cache.contains(key, 0)).as("one by one, and never asked").isFalse();

    assertThat(cache.lookup(key, 0)).isZero();
    editor.remove(0);
    editor.publish();
    cache.reset(editor.publish());
    assertThat(cache.lookup(key, 0)).as("one was skipped").isEqualTo(Classifier.MISS);
  }

  /**
   * Threads look up while another one changes rules that are none of theirs, and those that are:
   * each finds what one of the published tables says, and never an older one than before.
   */
  @Test
  void readersNeverSeeAHalfMadeTable() throws InterruptedException {
    int stable = 2_000;
    ClassifierEditor editor = new ClassifierEditor(PORTS);
    for (int i = 0; i < stable; i++) {
      editor.put(i, address(i), i);
    }
    int changing = stable;
    editor.put(changing, FlowRule.of(9, address(stable).match(), Action.DROP), stable);
    AtomicReference<Classifier> table = new AtomicReference<>(editor.publish());
    AtomicReference<String> wrong = new AtomicReference<>();
    AtomicBoolean done = new AtomicBoolean();
    List<Thread> readers = new ArrayList<>();
    for (int r = 0; r < 2; r++) {
      int reader = r;
      readers.add(Thread.ofPlatform().start(() -> read(reader, stable, table, done, wrong)));
    }
    SplittableRandom random = new SplittableRandom(SEED);
    for (int change = 0; change < 60_000 && wrong.get() == null; change++) {
      // The rule for one key goes from index to index; others beside it come and go.
      int next = stable + 1 + change % 50_000;
      editor.remove(changing);
      editor.put(next, address(stable), next);
      changing = next;
      int other = 100_000 + random.nextInt(5_000);
      if (table.get().has(other)) {
        editor.remove(other);
      } else {
        editor.put(other, address(other), other);
      }
      table.set(editor.publish());
    }
    done.set(true);
    for (Thread reader : readers) {
      reader.join();
    }
    assertThat(wrong.get()).isNull();
  }

  private static void read(
      int seed,
      int stable,
      AtomicReference<Classifier> table,
      AtomicBoolean done,
      AtomicReference<String> wrong) {
    SplittableRandom random = new SplittableRandom(SEED + seed);
    ExactMatchCache cache = seeded(256);
    long[] key = new long[FlowKey.WORDS];
    while (!done.get()) {
      Classifier now = table.get();
      cache.reset(now);
      for (int i = 0; i < 32; i++) {
        int address = random.nextInt(stable + 1);
        layAddress(key, address);
        int found = i % 2 == 0 ? now.lookup(key, 0) : cache.lookup(key, 0);
        boolean right = address < stable ? found == address : found >= stable && found < 100_000;
        if (!right) {
          wrong.set("seed %d: address %d: found %d".formatted(SEED, address, found));
          return;
        }
      }
    }
  }
}

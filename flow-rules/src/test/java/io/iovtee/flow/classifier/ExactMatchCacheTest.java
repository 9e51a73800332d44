// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.RuleGenerator;
import io.iovtee.flow.text.FlowRuleParser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

final class ExactMatchCacheTest {
  private static final long SEED = 20_261_125;
  private static final int BATCH = 64;
  private static final ToIntFunction<String> PORTS = RuleGenerator.PORTS::indexOf;

  /** A cache whose keys fall on each other in the same way in every run. */
  private static ExactMatchCache seeded(int entries) {
    return new ExactMatchCache(entries, new SplittableRandom(SEED));
  }

  private static Classifier compile(String rules) {
    return Classifier.compile(FlowRuleParser.parseRules(rules), PORTS);
  }

  private static void putFrame(byte[] frame, long[] keys, int index) {
    int offset = index * FlowKey.WORDS;
    int status = HeaderParser.parse(frame, 0, frame.length, frame.length, 1, keys, offset);
    assertThat(status).isEqualTo(HeaderParser.OK);
  }

  @Test
  void withoutAClassifierNothingMatches() {
    ExactMatchCache cache = seeded(ExactMatchCache.ENTRIES_DEFAULT);
    assertThat(cache.lookup(new long[FlowKey.WORDS], 0)).isEqualTo(Classifier.MISS);
  }

  @Test
  void theSecondLookupIsAHit() {
    ExactMatchCache cache = seeded(ExactMatchCache.ENTRIES_DEFAULT);
    cache.reset(compile("udp,nw_src=10.0.0.1,actions=drop"));
    long[] keys = new long[2 * FlowKey.WORDS];
    putFrame(Frames.ipv4(1, false), keys, 0);
    putFrame(Frames.ipv4(2, false), keys, 1);
    assertThat(cache.lookup(keys, 0)).isZero();
    assertThat(cache.misses()).isEqualTo(1);
    assertThat(cache.hits()).isZero();
    assertThat(cache.lookup(keys, 0)).isZero();
    assertThat(cache.hits()).isEqualTo(1);
    // That no rule matches is worth remembering, too.
    assertThat(cache.lookup(keys, FlowKey.WORDS)).isEqualTo(Classifier.MISS);
    assertThat(cache.lookup(keys, FlowKey.WORDS)).isEqualTo(Classifier.MISS);
    assertThat(cache.misses()).isEqualTo(2);
    assertThat(cache.hits()).isEqualTo(2);
  }

  @Test
  void fieldsThatNoRuleNamesCostNoMiss() {
    ExactMatchCache cache = seeded(ExactMatchCache.ENTRIES_DEFAULT);
    cache.reset(compile("priority=5,ip,nw_src=10.0.0.0/8,actions=drop\npriority=1,actions=normal"));
    long[] keys = new long[BATCH * FlowKey.WORDS];
    int[] results = new int[BATCH];
    for (int i = 0; i < BATCH; i++) {
      putFrame(Frames.ipv4(i, i % 2 == 0), keys, i);
    }
    cache.lookup(keys, BATCH, results);
    assertThat(results).containsOnly(0);
    assertThat(cache.misses()).isEqualTo(1);
    assertThat(cache.hits()).isEqualTo(BATCH - 1);
  }

  @Test
  void aNewClassifierIsAskedAgain() {
    ExactMatchCache cache = seeded(ExactMatchCache.ENTRIES_DEFAULT);
    long[] keys = new long[FlowKey.WORDS];
    int[] result = new int[1];
    putFrame(Frames.ipv4(1, false), keys, 0);
    cache.reset(compile("ip,actions=drop"));
    cache.lookup(keys, 1, result);
    assertThat(result).containsExactly(0);
    cache.reset(compile("arp,actions=drop\nudp,actions=drop"));
    cache.lookup(keys, 1, result);
    assertThat(result).containsExactly(1);
    assertThat(cache.lookup(keys, 0)).isEqualTo(1);
    cache.reset(compile("arp,actions=drop"));
    assertThat(cache.lookup(keys, 0)).isEqualTo(Classifier.MISS);
    assertThat(cache.misses()).isEqualTo(3);
  }

  /**
   * The generation counts to the end of its 32 bits; what lies in the cache then must not revive.
   */
  @Test
  void generationsDoNotComeBack() {
    ExactMatchCache cache = seeded(ExactMatchCache.ENTRIES_DEFAULT);
    long[] keys = new long[FlowKey.WORDS];
    putFrame(Frames.ipv4(1, false), keys, 0);
    cache.reset(compile("ip,actions=drop"));
    cache.startAt(1);
    assertThat(cache.lookup(keys, 0)).isZero();
    cache.startAt(0xffff_fffeL);
    cache.reset(compile("ip,actions=drop"));
    assertThat(cache.generation()).isEqualTo(0xffff_ffffL);
    cache.reset(compile("arp,actions=drop\nip,actions=drop"));
    assertThat(cache.generation()).isEqualTo(1);
    assertThat(cache.lookup(keys, 0)).isEqualTo(1);
    assertThat(cache.hits()).isZero();
    // The last generation of all works, too.
    cache.startAt(0xffff_ffffL);
    assertThat(cache.lookup(keys, 0)).isEqualTo(1);
    assertThat(cache.lookup(keys, 0)).isEqualTo(1);
    assertThat(cache.hits()).isEqualTo(1);
  }

  @Test
  void trainsAreComparedOnAllWords() {
    ExactMatchCache cache = seeded(ExactMatchCache.ENTRIES_DEFAULT);
    cache.reset(
        compile(
            """
            priority=9,ipv6,ipv6_src=2001:db8::5,actions=drop
            priority=8,udp,tp_src=1001,actions=drop
            priority=7,arp,arp_tha=02:00:00:00:00:01,actions=drop
            priority=1,actions=normal
            """));
    long[] keys = new long[6 * FlowKey.WORDS];
    putFrame(Frames.udp6(5), keys, 0);
    putFrame(Frames.udp6(5), keys, 1);
    // Differs from the one before it in a wide word only.
    putFrame(Frames.udp6(5), keys, 2);
    keys[2 * FlowKey.WORDS + 6] = 6;
    putFrame(Frames.ipv4(1, false), keys, 3);
    putFrame(Frames.ipv4(1, false), keys, 4);
    putFrame(Frames.udp6(5), keys, 5);
    int[] results = new int[6];
    cache.lookup(keys, 6, results);
    assertThat(results).containsExactly(0, 0, 3, 1, 1, 0);
    assertThat(cache.misses()).isEqualTo(3);
    cache.lookup(keys, 6, results);
    assertThat(results).containsExactly(0, 0, 3, 1, 1, 0);
    assertThat(cache.misses()).isEqualTo(3);
    assertThat(cache.hits()).isEqualTo(9);
  }

  /** The very first key of a batch is all zero bits under the mask, and no rule is known for it. */
  @Test
  void aBatchCanStartWithZeros() {
    ExactMatchCache cache = seeded(ExactMatchCache.ENTRIES_DEFAULT);
    cache.reset(compile("dl_vlan=5,actions=drop\npriority=1,actions=normal"));
    int[] results = {-7, -7, -7};
    cache.lookup(new long[3 * FlowKey.WORDS], 3, results);
    assertThat(results).containsExactly(1, 1, 1);
    results[0] = -7;
    cache.lookup(new long[0], 0, results);
    assertThat(results[0]).isEqualTo(-7);
  }

  /** Small and large caches, all kinds of tables, batches and single lookups: always the rule. */
  @Test
  void agreesWithTheClassifier() {
    SplittableRandom random = new SplittableRandom(SEED);
    long[] keys = new long[BATCH * FlowKey.WORDS];
    int[] results = new int[BATCH];
    for (int size : new int[] {2, 8, 256, ExactMatchCache.ENTRIES_DEFAULT}) {
      ExactMatchCache cache = seeded(size);
      for (int table = 0; table < 40; table++) {
        RuleGenerator generator = new RuleGenerator(SEED + table, true);
        List<FlowRule> rules = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(40); i++) {
          rules.add(generator.nextRule());
        }
        Classifier classifier = Classifier.compile(rules, PORTS);
        cache.reset(classifier);
        KeyGenerator generated = new KeyGenerator(SEED + table, rules, PORTS);
        for (int batch = 0; batch < 30; batch++) {
          for (int i = 0; i < BATCH; i++) {
            if (i > 0 && random.nextBoolean()) {
              int from = random.nextBoolean() ? i - 1 : random.nextInt(i);
              System.arraycopy(keys, from * FlowKey.WORDS, keys, i * FlowKey.WORDS, FlowKey.WORDS);
            } else {
              generated.next(keys, i * FlowKey.WORDS);
            }
          }
          int count = 1 + random.nextInt(BATCH);
          cache.lookup(keys, count, results);
          for (int i = 0; i < count; i++) {
            int expected = classifier.lookup(keys, i * FlowKey.WORDS);
            if (results[i] != expected || cache.lookup(keys, i * FlowKey.WORDS) != expected) {
              fail(
                  "seed %d, cache of %d, table %d, batch %d, key %d"
                      .formatted(SEED, size, table, batch, i));
            }
          }
        }
      }
      assertThat(cache.hits()).isGreaterThan(10_000);
      assertThat(cache.misses()).isPositive();
    }
  }

  /**
   * When a batch had many misses, those of the next are looked up together: each flow is asked for
   * once and stays, in a train, and where it comes again behind others.
   */
  @Test
  void missesOfABatchAreFoundTogether() {
    StringBuilder rules = new StringBuilder();
    for (int i = 0; i < 300; i += 3) {
      rules.append("udp,tp_src=%d,actions=drop%n".formatted(1_000 + i));
    }
    Classifier classifier = compile(rules.toString());
    ExactMatchCache cache = seeded(ExactMatchCache.ENTRIES_DEFAULT);
    cache.reset(classifier);
    int count = 2 * LookupBatch.CAPACITY + 5;
    long[] keys = new long[count * FlowKey.WORDS];
    int[] results = new int[count];
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < count; i++) {
        // Of eight frames one goes on with the train before it, another is one that came before.
        int flow = 150 * round + (i % 8 == 3 ? i - 1 : i % 8 == 7 ? i - 5 : i);
        putFrame(Frames.ipv4(flow, false), keys, i);
      }
      long flows = Arrays.stream(cutToFlows(keys, count)).distinct().count();
      long before = cache.misses();
      cache.lookup(keys, count, results);
      assertThat(cache.misses() - before).as("round %d", round).isEqualTo(flows);
      for (int i = 0; i < count; i++) {
        assertThat(cache.contains(keys, i * FlowKey.WORDS)).isTrue();
        assertThat(results[i])
            .as("round %d, key %d", round, i)
            .isEqualTo(classifier.lookup(keys, i * FlowKey.WORDS));
      }
    }
    assertThat(cache.hits() + cache.misses()).isEqualTo(2L * count);
  }

  private static long[] cutToFlows(long[] keys, int count) {
    long[] flows = new long[count];
    for (int i = 0; i < count; i++) {
      flows[i] = keys[i * FlowKey.WORDS + FlowKey.TRANSPORT_WORD] >>> FlowKey.TP_SRC_SHIFT;
    }
    return flows;
  }

  /**
   * Fewer flows than half the entries settle: after a while none of them misses, in nearly all
   * caches. Of random places one set in a hundred or so is such that a few flows contend for ever.
   */
  @Test
  void flowsSettleInTheirPlaces() {
    Classifier classifier = compile("udp,nw_src=1.2.3.4,nw_dst=1.2.3.4,tp_src=5,actions=drop");
    SplittableRandom random = new SplittableRandom(SEED);
    long[] keys = new long[400 * FlowKey.WORDS];
    for (int i = 0; i < 400; i++) {
      putFrame(Frames.ipv4(i, false), keys, i);
    }
    int[] results = new int[400];
    int settled = 0;
    for (int i = 0; i < 200; i++) {
      ExactMatchCache cache = new ExactMatchCache(1024, random);
      cache.reset(classifier);
      for (int round = 0; round < 200; round++) {
        cache.lookup(keys, 400, results);
      }
      long before = cache.misses();
      cache.lookup(keys, 400, results);
      long unsettled = cache.misses() - before;
      assertThat(unsettled).as("seed %d, cache %d", SEED, i).isLessThan(10);
      settled += unsettled == 0 ? 1 : 0;
    }
    assertThat(settled).as("seed %d", SEED).isGreaterThan(190);
  }

  @Test
  void countersAddUp() {
    ExactMatchCache cache = seeded(2);
    cache.reset(compile("udp,tp_src=1001,actions=drop"));
    long[] keys = new long[BATCH * FlowKey.WORDS];
    for (int i = 0; i < BATCH; i++) {
      putFrame(Frames.ipv4(i, false), keys, i);
    }
    int[] results = new int[BATCH];
    for (int i = 0; i < 10; i++) {
      cache.lookup(keys, BATCH, results);
      cache.lookup(keys, 0);
    }
    assertThat(cache.hits() + cache.misses()).isEqualTo(10 * (BATCH + 1));
    assertThat(Arrays.stream(results).filter(result -> result == 0).count()).isEqualTo(1);
  }

  @Test
  void theSizeIsAPowerOfTwo() {
    for (int bad : new int[] {-2, 0, 1, 3, 8191, ExactMatchCache.ENTRIES_MAX * 2}) {
      assertThatThrownBy(() -> new ExactMatchCache(bad))
          .hasMessageContaining("entries must be a power of two, 2 to 1048576: entries=" + bad);
    }
  }

  @Test
  void canBeAskedWhetherItKnowsAKey() {
    ExactMatchCache cache = seeded(2);
    cache.reset(
        Classifier.compile(FlowRuleParser.parseRules("dl_type=0x88b5,actions=drop"), port -> 1));
    long[] key = new long[FlowKey.WORDS];
    key[0] = 0x88b5L << FlowKey.DL_TYPE_SHIFT;

    assertThat(cache.contains(key, 0)).isFalse();
    cache.lookup(key, 0);
    assertThat(cache.contains(key, 0)).isTrue();
    key[0] = 0x88b6L << FlowKey.DL_TYPE_SHIFT;
    assertThat(cache.contains(key, 0)).isFalse();
    assertThat(cache.hits() + cache.misses()).isEqualTo(1);
  }
}

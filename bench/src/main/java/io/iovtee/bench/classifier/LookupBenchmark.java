// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.ExactMatchCache;
import io.iovtee.flow.classifier.FlowKey;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One lookup, per key: in the cache that knows it, and in the subtables. The rules are those of
 * {@code bench classifier}, which also has many flows, changes and memory. 64 flows, so what they
 * need of the tables is in the processor's caches.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(LookupBenchmark.BATCH)
public class LookupBenchmark {
  static final int BATCH = 64;

  /** A prime step between the flows' rules: any number of rules is gone through evenly. */
  private static final int STEP = 7919;

  @Param({"1", "100", "1000000"})
  public int rules;

  private final ExactMatchCache cache = new ExactMatchCache();
  private final long[] keys = new long[BATCH * FlowKey.WORDS];
  private final int[] found = new int[BATCH];
  private Classifier classifier = Classifier.compile(Rules.make(1), _ -> 1);

  @Setup
  public void compile() {
    classifier = Classifier.compile(Rules.make(rules), _ -> 1);
    cache.reset(classifier);
    for (int i = 0; i < BATCH; i++) {
      Rules.layKey(i * STEP, rules, keys, i * FlowKey.WORDS);
    }
    cacheHit(); // now it knows them
    long misses = cache.misses();
    cacheHit();
    if (cache.misses() != misses || Arrays.stream(found).anyMatch(r -> r == Classifier.MISS)) {
      throw new IllegalStateException("the cache does not know its keys");
    }
  }

  @Benchmark
  public int[] cacheHit() {
    cache.lookup(keys, BATCH, found);
    return found;
  }

  @Benchmark
  public int[] subtables() {
    for (int i = 0; i < BATCH; i++) {
      found[i] = classifier.lookup(keys, i * FlowKey.WORDS);
    }
    return found;
  }
}

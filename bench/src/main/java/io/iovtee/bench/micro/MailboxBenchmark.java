// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.vswitch.datapath.Mailbox;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A loop's mailbox, both sides on one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class MailboxBenchmark {
  private final Mailbox mailbox = new Mailbox();

  /** What each duty cycle pays for the mailbox. */
  @Benchmark
  public int lookAtNothing() {
    return mailbox.runOne();
  }

  /** A command, carried out. */
  @Benchmark
  public CompletableFuture<Integer> submitAndRun() {
    CompletableFuture<Integer> answer = mailbox.submit(() -> 1);
    mailbox.runOne();
    return answer;
  }
}

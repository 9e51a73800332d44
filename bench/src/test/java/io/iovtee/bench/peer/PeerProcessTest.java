// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class PeerProcessTest {
  @Test
  void talksInLines() {
    try (PeerProcess cat = PeerProcess.start("cat", List.of("cat"))) {
      long position = cat.position();
      cat.send("hello");
      assertThat(cat.await(position, Pattern.compile("hello\n"), 10_000, "the echo"))
          .isEqualTo("hello\n");
    }
  }

  @Test
  void deathIsToldWithItsLastWords() {
    try (PeerProcess shell =
        PeerProcess.start("shell", List.of("sh", "-c", "echo no such device >&2; exit 3"))) {
      assertThatThrownBy(() -> shell.await(0, Pattern.compile("ready"), 60_000, "the prompt"))
          .isInstanceOf(PeerException.class)
          .hasMessageContainingAll("shell (pid ", "waiting for: the prompt", "no such device");
      assertThat(shell.awaitEnd(10_000)).isTrue();
      assertThat(shell.exitStatus()).isEqualTo(3);
    }
  }

  @Test
  void closeKillsWhatDoesNotEnd() {
    PeerProcess shell =
        PeerProcess.start("shell", List.of("sh", "-c", "trap '' TERM; while :; do sleep 1; done"));
    shell.close();
    assertThat(shell.alive()).isFalse();
  }

  @Test
  void quitIsACommand() {
    PeerProcess shell =
        PeerProcess.start("shell", List.of("sh", "-c", "read word; test \"$word\" = quit"));
    shell.quit(60_000);
    assertThat(shell.alive()).isFalse();
    assertThat(shell.exitStatus()).isZero();
  }

  @Test
  void quitKillsWhatDoesNotTakeIt() {
    PeerProcess deaf = PeerProcess.start("deaf", List.of("sleep", "1000"));
    deaf.quit(50);
    assertThat(deaf.alive()).isFalse();
    assertThat(deaf.exitStatus()).isEqualTo(128 + 9); // SIGKILL
  }

  @Test
  void closeKillsAPausedProcess() {
    PeerProcess sleep = PeerProcess.start("sleep", List.of("sleep", "1000"));
    sleep.pause();
    sleep.close();
    assertThat(sleep.alive()).isFalse();
  }

  @Test
  void unknownProgram() {
    assertThatThrownBy(() -> PeerProcess.start("ghost", List.of("no-such-program-here")))
        .isInstanceOf(PeerException.class)
        .hasMessageContaining("could not start ghost: no-such-program-here");
  }

  @Test
  void pausedProcessGetsNoCore() throws InterruptedException {
    try (PeerProcess spinner =
        PeerProcess.start("spinner", List.of("sh", "-c", "while :; do :; done"))) {
      spinner.pause();
      awaitStopped(spinner.pid());
      Map<Integer, SchedStat> before = SchedStat.threads(spinner.pid());
      Thread.sleep(20);
      assertThat(SchedStat.threads(spinner.pid())).isEqualTo(before);
      assertThat(BusiestThread.of(spinner.pid()).share()).isZero();
    }
  }

  private static void awaitStopped(long pid) throws InterruptedException {
    for (int i = 0; i < 1000; i++) {
      if (Commands.run("ps", "-o", "stat=", "-p", Long.toString(pid)).startsWith("T")) {
        return;
      }
      Thread.sleep(10);
    }
    throw new AssertionError("not stopped: pid=" + pid);
  }
}

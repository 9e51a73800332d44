// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class TranscriptTest {
  private static final Pattern MARK = Pattern.compile("#mark-1\\b");

  private final Transcript transcript = new Transcript();

  @Test
  void answersTextUpToTheMark() throws InterruptedException {
    transcript.append("old #mark-1\n");
    long position = transcript.position();
    transcript.append("answer\n#mark-1\nrest");
    assertThat(transcript.await(position, MARK, 0)).isEqualTo("answer\n#mark-1");
  }

  @Test
  void waitsForTextThatComesLater() throws InterruptedException {
    Thread writer = new Thread(() -> transcript.append("late #mark-1"));
    writer.start();
    assertThat(transcript.await(0, MARK, 10_000)).isEqualTo("late #mark-1");
    writer.join();
  }

  @Test
  void longerNumberIsNotTheMark() throws InterruptedException {
    transcript.append("#mark-10\n");
    assertThat(transcript.await(0, MARK, 0)).isNull();
  }

  @Test
  void endOfOutputEndsTheWait() throws InterruptedException {
    transcript.append("half an answer");
    transcript.end();
    assertThat(transcript.await(0, MARK, 600_000)).isNull();
  }

  @Test
  void positionsSurviveForgetting() {
    String block = "x".repeat(1 << 16);
    for (long length = 0; length <= Transcript.LENGTH_MAX; length += block.length()) {
      transcript.append(block);
    }
    long position = transcript.position();
    transcript.append("tail");
    assertThat(position).isGreaterThan(Transcript.LENGTH_MAX);
    assertThat(transcript.from(position)).isEqualTo("tail");
    assertThat(transcript.from(0).length()).isLessThanOrEqualTo(Transcript.LENGTH_MAX);
  }
}

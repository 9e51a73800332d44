// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What signals ask for is carried out once, in order, and nothing behind the end. */
final class SignalRequestsTest {
  private final SignalRequests requests = new SignalRequests();

  private CompletableFuture<Boolean> next() {
    CompletableFuture<Boolean> answer = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            answer.complete(requests.awaitReload());
          } catch (InterruptedException e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  @Test
  void reloadsThatComeTogetherAreOne() throws InterruptedException {
    requests.reload();
    requests.reload();
    assertThat(requests.awaitReload()).isTrue();
    CompletableFuture<Boolean> second = next();
    requests.end();
    assertThat(second.join()).as("no other reload was left").isFalse();
  }

  @Test
  void endGoesFirstAndStays() throws InterruptedException {
    requests.reload();
    requests.end();
    assertThat(requests.awaitReload()).isFalse();
    requests.reload();
    requests.end();
    assertThat(requests.awaitReload()).isFalse();
  }

  @Test
  void wakesWhoWaits() {
    CompletableFuture<Boolean> waiting = next();
    requests.reload();
    assertThat(waiting.join()).isTrue();
  }
}

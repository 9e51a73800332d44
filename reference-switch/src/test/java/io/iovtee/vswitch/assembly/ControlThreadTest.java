// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nobody waits for the control thread without a limit. */
final class ControlThreadTest {
  private final CountDownLatch busy = new CountDownLatch(1);
  private final AtomicInteger done = new AtomicInteger();
  private final ControlThread control = new ControlThread(20);

  @AfterEach
  void close() {
    busy.countDown();
    control.close();
  }

  private void hold() {
    var unused =
        control.submit(() -> {
          try {
            busy.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return done.incrementAndGet();
        });
  }

  @Test
  void callerIsToldWhatWasNotDoneAndItIsNotDoneLater() {
    hold();
    assertThatThrownBy(() -> control.run("adding port a", () -> done.addAndGet(100)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("adding port a", "within 20 ms", "try again");
    busy.countDown();
    control.submit(() -> true).join();
    assertThat(done).hasValue(1);
  }

  @Test
  void failureOfTheChangeIsTheCallers() {
    ControlThread patient = new ControlThread();
    assertThatThrownBy(() ->
            patient.run(
                "a change",
                () -> {
                  throw new IllegalArgumentException("of the change");
                }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("of the change");
    assertThat(patient.<Integer>call("nested", () -> patient.call("inner", () -> 7)))
        .as("on the control thread itself")
        .isEqualTo(7);
    assertThat(patient.isCurrent()).isFalse();
    assertThat(patient.<Boolean>call("where", patient::isCurrent)).isTrue();
    patient.close();
  }
}

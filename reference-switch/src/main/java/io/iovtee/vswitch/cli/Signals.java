// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Signal handlers. The JDK's only API for them, {@code sun.misc.Signal} of module jdk.unsupported,
 * can not be named in code that compiles without warnings; so it is named at run time.
 */
final class Signals {
  private Signals() {}

  /** Runs the action, on a thread of the JVM's, each time the signal arrives: INT, TERM, HUP. */
  static void handle(String signal, Runnable action) {
    InvocationHandler handler =
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "handle" -> {
                action.run();
                yield null;
              }
              case "hashCode" -> System.identityHashCode(proxy);
              case "equals" ->
                  System.identityHashCode(proxy) == System.identityHashCode(arguments[0]);
              default -> "handler of SIG" + signal;
            };
    try {
      Class<?> signalClass = Class.forName("sun.misc.Signal");
      Class<?> handlerClass = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              handlerClass.getClassLoader(), new Class<?>[] {handlerClass}, handler);
      signalClass
          .getMethod("handle", signalClass, handlerClass)
          .invoke(null, signalClass.getConstructor(String.class).newInstance(signal), proxy);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "this JVM has no signal handling; needed for SIG" + signal, e);
    }
  }
}

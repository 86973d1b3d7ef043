using Monitor.Bpf.Kernel;

namespace Monitor.Bpf.Tests;

internal sealed class ThreadSchedulingTests
{
    [TestCase(-15)]
    [TestCase(7)]
    public void TrySetNice_OnAThread_IsItsOwn(int nice)
    {
        int? own = null, started = null;
        var set = false;
        var thread = new Thread(() =>
        {
            set = ThreadScheduling.TrySetNice(nice);
            own = NiceOfThisThread();
            var child = new Thread(() => started = NiceOfThisThread());
            child.Start();
            child.Join();
        });
        thread.Start();
        thread.Join();
        if (!set && nice < 0)
        {
            Assert.Ignore("CAP_SYS_NICE is missing.");
        }

        Assert.That(set);
        Assert.That(own, Is.EqualTo(nice));
        Assert.That(started, Is.EqualTo(Math.Max(nice, 0)), "a thread that it started");
        Assert.That(NiceOfThisThread(), Is.Zero, "the thread that started it");
    }

    // Field 19 of /proc/PID/stat; the second, in parentheses, may contain spaces.
    private static int NiceOfThisThread() =>
        int.Parse(File.ReadAllText("/proc/thread-self/stat").Split(") ")[^1].Split(' ')[16], System.Globalization.CultureInfo.InvariantCulture);
}

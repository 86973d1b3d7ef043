using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Monitor.Bpf.Attaching;
using Monitor.Bpf.Kernel;
using Monitor.Bpf.Rings;
using Monitor.Sandbox.Images;
using Monitor.Sandbox.Rights;

namespace Monitor.Bpf.Tests;

/// <summary>Real connects of this process, from the kernel through the rings.</summary>
[RequiresKernel]
internal sealed class ConnectTests
{
    private const int Produced = 0;
    private const int Filtered = 1;
    private const int Failed = 2;
    private const ushort DiscardPort = 9;

    private BpfObject _connects = null!;

    [SetUp]
    public void OpenObject()
    {
        _connects = TestObjects.Open("connects");
        _connects.SetGlobal("target_tgid", (uint)Environment.ProcessId);
        _connects.SetGlobal("enabled", true);
    }

    [TearDown]
    public void CloseObject() => _connects.Dispose();

    [Test]
    public void Drain_UdpConnects_EachArrivesOnceInOrder()
    {
        using var capture = Start();
        for (ushort port = 1000; port < 1200; port++)
        {
            Connect(port);
        }

        var seen = new List<TestRecord>();
        Drain(capture.Reader, seen);
        Assert.That(seen.Select(r => (int)r.Port), Is.EqualTo(Enumerable.Range(1000, 200)));
        Assert.That(seen, Has.All.Matches<TestRecord>(r => r.Family == 2 && r.Tgid == Environment.ProcessId));
        Assert.That(seen.Select(r => r.BootNs), Is.Ordered);
        Assert.That(seen[0].Address[0], Is.EqualTo(BitConverter.ToUInt32(IPAddress.Loopback.GetAddressBytes())));
    }

    [Test]
    public void SetGlobal_ArrayOfPorts_FiltersInTheKernel()
    {
        _connects.SetGlobal("ignored_ports", 7ul | 8ul << 16); // four of 16 bits
        using var capture = Start();
        foreach (ushort port in (ushort[])[7, 8, 9, 10])
        {
            Connect(port);
        }

        var seen = new List<TestRecord>();
        Drain(capture.Reader, seen);
        Assert.That(seen.Select(r => (int)r.Port), Is.EqualTo(Enumerable.Range(9, 2)));
        Assert.That(Sum(Filtered), Is.EqualTo(2));
    }

    [Test]
    public void Wait_BelowWatermark_TimesOutAndTimedDrainFindsRecords()
    {
        using var capture = Start(wakeupBytes: 64 << 10);
        Connect(DiscardPort);
        var result = capture.Reader.Wait(20);
        var seen = new List<TestRecord>();
        Drain(capture.Reader, seen);
        Assert.That(result, Is.EqualTo(PerfWaitResult.TimedOut));
        Assert.That(seen, Has.Count.EqualTo(1));
    }

    [Test]
    public void Wait_AboveWatermark_WakesBeforeTheTimeout()
    {
        using var capture = Start(wakeupBytes: 4096);
        var watch = Stopwatch.StartNew();
        using var socket = NewSocket();
        for (var i = 0; i < 500; i++)
        {
            socket.Connect(IPAddress.Loopback, DiscardPort);
        }

        var result = capture.Reader.Wait(30_000);
        Assert.That(result, Is.EqualTo(PerfWaitResult.Watermark));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(15)));
        var seen = new List<TestRecord>();
        Drain(capture.Reader, seen);
        Assert.That(seen, Has.Count.EqualTo(500));
    }

    [Test]
    public void Wait_WokenFromAnotherThread_EndsOnce()
    {
        using var capture = Start();
        using var waiting = new ManualResetEventSlim();
        var result = PerfWaitResult.TimedOut;
        var thread = new Thread(() =>
        {
            waiting.Set();
            result = capture.Reader.Wait(30_000);
        });
        thread.Start();
        waiting.Wait();
        capture.Reader.Wake();
        Assert.That(thread.Join(TimeSpan.FromSeconds(15)), Is.True);
        Assert.That(result, Is.EqualTo(PerfWaitResult.Woken));
        Assert.That(capture.Reader.Wait(0), Is.EqualTo(PerfWaitResult.TimedOut));
    }

    [Test]
    public void Drain_TinyRingOverflows_LossesAgreeWithTheProgramsCounter()
    {
        using var capture = Start(ringBytes: Environment.SystemPageSize, wakeupBytes: 1024);
        using var socket = NewSocket();
        for (var i = 0; i < 1000; i++)
        {
            socket.Connect(IPAddress.Loopback, DiscardPort);
        }

        var seen = new List<TestRecord>();
        var lost = Drain(capture.Reader, seen);

        // The kernel reports a loss with the next sample, so each CPU needs one more.
        var failed = Sum(Failed);
        foreach (var cpu in capture.Cpus)
        {
            RunOn(cpu, () => Connect(DiscardPort));
        }

        lost += Drain(capture.Reader, seen);
        Assert.That(failed, Is.GreaterThan(0));
        Assert.That(Sum(Failed), Is.EqualTo(failed), "the last connects found room");
        Assert.That(lost, Is.EqualTo((ulong)failed));
        Assert.That((ulong)seen.Count, Is.EqualTo(Sum(Produced)));
        Assert.That((ulong)seen.Count + lost, Is.EqualTo(1000 + (ulong)capture.Cpus.Length));
    }

    [Test]
    public void Drain_WhileAnotherThreadConnects_LosesNothingUncounted()
    {
        const int Total = 200_000;
        using var capture = Start(ringBytes: 64 << 10, wakeupBytes: 16 << 10);
        using var socket = NewSocket();
        var producer = new Thread(() =>
        {
            for (var i = 0; i < Total; i++)
            {
                socket.Connect(IPAddress.Loopback, DiscardPort);
            }
        });
        producer.Start();
        var received = 0ul;
        while (producer.IsAlive)
        {
            capture.Reader.Wait(10);
            received += Count(capture.Reader);
        }

        received += Count(capture.Reader);
        Assert.That(received, Is.EqualTo(Sum(Produced)));
        Assert.That(Sum(Produced) + Sum(Failed), Is.EqualTo((ulong)Total));

        static ulong Count(PerfRingReader reader)
        {
            var count = 0ul;
            using var drain = reader.Drain();
            while (drain.MoveNext(out var record))
            {
                count += record.Kind == PerfRecordKind.Sample ? 1ul : 0;
                Assert.That(record.Kind, Is.Not.EqualTo(PerfRecordKind.Corrupt));
            }

            return count;
        }
    }

    [Test]
    public void Link_Disposed_DetachesAndMayBeDisposedAgain()
    {
        var capture = Start();
        Connect(DiscardPort);
        capture.Link.Dispose();
        capture.Link.Dispose();
        Connect(DiscardPort);
        var seen = new List<TestRecord>();
        Drain(capture.Reader, seen);
        capture.Dispose();
        Assert.That(seen, Has.Count.EqualTo(1));
    }

    [Test]
    public void Process_Killed_LeavesNothingLoaded()
    {
        using var child = ChildProcess.Start(ChildProcess.AttachAndWait);
        var id = uint.Parse(child.StandardOutput.ReadLine() ?? child.StandardError.ReadToEnd(), null);
        Assert.That(LoadedPrograms.Ids(), Does.Contain(id));
        child.Kill();
        child.WaitForExit();

        // The kernel frees a program after a grace period.
        Assert.That(() => LoadedPrograms.Ids(), Does.Not.Contain(id).After(10_000, 20));
    }

    [Test]
    public void FollowCpus_CpuThatComesOnlineLater_GetsItsRing()
    {
        var all = TwoCpus();
        using var capture = Start(cpus: all[..1]);
        RunOn(all[1], () => Connect(1));
        Assert.That(Sum(Failed), Is.EqualTo(1), "no ring yet");

        Assert.That(capture.Reader.FollowCpus(all), Is.True);
        RunOn(all[1], () => Connect(2));
        RunOn(all[0], () => Connect(3));
        var seen = new List<TestRecord>();
        Drain(capture.Reader, seen);
        Assert.That(seen.Select(r => (int)r.Port), Is.EqualTo(new[] { 2, 3 }));
        Assert.That(Sum(Failed), Is.EqualTo(1));
    }

    [Test]
    public void FollowCpus_CpuThatGoesAndComesBack_LosesNothingOfItsOldRingAndGetsANewOne()
    {
        var all = TwoCpus();
        using var capture = Start(cpus: all);
        RunOn(all[1], () => Connect(1));
        Assert.That(capture.Reader.FollowCpus(all.AsSpan(0, 1)), Is.False, "its ring has not been read");
        Assert.That(capture.Cpus, Is.EqualTo(all));

        var seen = new List<TestRecord>();
        Drain(capture.Reader, seen);
        Assert.That(capture.Reader.FollowCpus(all.AsSpan(0, 1)), Is.True);
        Assert.That(capture.Cpus, Is.EqualTo(all[..1]));

        Assert.That(capture.Reader.FollowCpus(all), Is.True);
        RunOn(all[1], () => Connect(2));
        Drain(capture.Reader, seen);
        Assert.That(seen.Select(r => (int)r.Port), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(Sum(Failed), Is.Zero);
    }

    [Test]
    public void FollowCpus_NewRing_WakesTheReaderByItsWatermark()
    {
        var all = TwoCpus();
        using var capture = Start(4096, 64, all[..1]);
        capture.Reader.FollowCpus(all);
        RunOn(all[1], () => Connect(1));
        Assert.That(capture.Reader.Wait(10_000), Is.EqualTo(PerfWaitResult.Watermark));
    }

    [Test]
    public void FollowCpus_ThatTheKernelRefuses_LeavesTheCpuUnwatchedUntilItIsAllowed()
    {
        var all = TwoCpus();
        using var capture = Start(cpus: all[..1]);

        BpfException? refused = null;
        WithoutCapabilities(() => refused = Assert.Throws<BpfException>(() => capture.Reader.FollowCpus(all)));

        Assert.That(refused!.Message, Does.Contain($"CPU {all[1]}"));
        Assert.That(capture.Set.UnwatchedCpus, Is.EqualTo(all[1..]));
        Assert.That(capture.Cpus, Is.EqualTo(all[..1]));
        Assert.That(capture.Reader.FollowCpus(all), Is.True);
        Assert.That(capture.Set.UnwatchedCpus, Is.Empty);
    }

    [Test]
    public void Resume_WithoutCapabilities_ReadsOnWithTheSameEvents()
    {
        using var capture = Start(ringBytes: 64 << 10, wakeupBytes: 16 << 10);
        var copies = capture.Set.Events.Select(e => e with { Descriptor = Duplicate(e.Descriptor) }).ToList();
        Connect(1);
        var seen = new List<TestRecord>();
        WithoutCapabilities(() =>
        {
            using var set = PerfRingSet.Resume(
                _connects.Map("events"), new PerfRingSetOptions { RingBytes = 64 << 10, WakeupBytes = 16 << 10 }, copies);
            using var reader = new PerfRingReader(set);
            Connect(2);
            Drain(reader, seen);
        });

        Assert.That(seen.Select(record => (int)record.Port), Is.EquivalentTo([1, 2]));
    }

    [Test]
    public void Inherit_WhatIsSomethingElse_IsRefusedAndStaysOpen()
    {
        _connects.Load();
        var map = _connects.Map("events").DescriptorNumber;

        Assert.That(() => LoadedProgram.Inherit(map, "x"), Throws.TypeOf<BpfException>().With.Message.Contains("bpf-map"));
        Assert.That(() => BpfLink.Inherit(map, "x"), Throws.TypeOf<BpfException>());
        Assert.That(() => BpfMap.Inherit(map, "counters"), Throws.TypeOf<BpfException>().With.Message.Contains("'events'"));
        Assert.That(() => BpfMap.Inherit(100_000, "counters"), Throws.TypeOf<BpfException>().With.Message.Contains("closed"));
    }

    private static int Duplicate(int descriptor)
    {
        var copy = Interop.FileDescriptorHandle.Duplicate(descriptor, "a ring");
        var number = copy.Number;
        copy.SetHandleAsInvalid();
        return number;
    }

    // As another image of the process would be, on a thread of its own.
    private static void WithoutCapabilities(Action action)
    {
        Exception? failure = null;
        Assert.That(OwnThread.Run(() =>
        {
            ThreadRights.MakeEffective(default);
            try
            {
                action();
            }
            catch (Exception e) when (e is BpfException or AssertionException)
            {
                failure = e;
            }
        }), Is.Null);
        Assert.That(failure, Is.Null);
    }

    private static int[] TwoCpus()
    {
        var all = CpuList.Online();
        Assume.That(all, Has.Length.GreaterThan(1), "one CPU cannot come later than the other");
        return all[..2];
    }

    private Capture Start(int ringBytes = 1 << 20, int wakeupBytes = 256 << 10, int[]? cpus = null)
    {
        _connects.Load();
        var set = PerfRingSet.Open(
            _connects.Map("events"),
            new PerfRingSetOptions { RingBytes = ringBytes, WakeupBytes = wakeupBytes },
            cpus ?? CpuList.Online());
        var link = _connects.Program("on_connect4").AttachCgroup(CgroupMount.Find()!);
        return new Capture(set, new PerfRingReader(set), link);
    }

    private ulong Sum(uint counter)
    {
        Span<ulong> values = new ulong[BpfFeatures.PossibleCpus];
        Assert.That(_connects.Map("counters").TryLookupPerCpu(counter, values), Is.True);
        var sum = 0ul;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    private static void Connect(ushort port)
    {
        using var socket = NewSocket();
        socket.Connect(IPAddress.Loopback, port);
    }

    private static ulong Drain(PerfRingReader reader, List<TestRecord> seen)
    {
        var lost = 0ul;
        using var drain = reader.Drain();
        while (drain.MoveNext(out var record))
        {
            switch (record.Kind)
            {
                case PerfRecordKind.Sample:
                    seen.Add(MemoryMarshal.Read<TestRecord>(record.Payload));
                    break;
                case PerfRecordKind.Lost:
                    lost += record.LostCount;
                    break;
                default:
                    Assert.Fail($"{record.CorruptBytes} bytes are corrupt");
                    break;
            }
        }

        return lost;
    }

    private static void RunOn(int cpu, Action action)
    {
        var thread = new Thread(() =>
        {
            ThreadAffinity.Set(cpu);
            action();
        });
        thread.Start();
        thread.Join();
    }

    private sealed record Capture(PerfRingSet Set, PerfRingReader Reader, BpfLink Link) : IDisposable
    {
        internal int[] Cpus => [.. Set.Rings.Select(r => r.Cpu)];

        public void Dispose()
        {
            Link.Dispose();
            Reader.Dispose();
            Set.Dispose();
        }
    }
}

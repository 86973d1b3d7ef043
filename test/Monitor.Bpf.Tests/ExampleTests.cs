using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Monitor.Agent.Tests.Kernel;
using Monitor.Bpf.Kernel;
using Monitor.Bpf.Schema;

namespace Monitor.Bpf.Tests;

/// <summary>The examples of bpf/examples/, with what they report made to happen.</summary>
internal sealed class ExampleTests
{
    [TestCase("exec")]
    [TestCase("listen")]
    [TestCase("oom_kill")]
    [TestCase("signal")]
    [TestCase("skeleton")]
    [TestCase("slow_block_io")]
    [TestCase("tcp_rtt")]
    public void Read_Example_HasARecordThatIsDescribed(string name)
    {
        using var example = TestObjects.Open(name);
        var schema = RecordSchema.Read(example);
        Assert.That(schema.StructName, Is.EqualTo($"{name}_record"));
        Assert.That(schema.Description, Does.EndWith("."));
        Assert.That(ObjectInspection.Of(example).Programs.SelectMany(p => p.Helpers), Does.Contain("bpf_perf_event_output"));
    }

    [Test]
    [RequiresKernel]
    public void Exec_AProgramThatIsStarted_IsReported()
    {
        using var exec = new LoadedMonitor("exec");
        var before = KernelClock.BootNanoseconds;
        using var child = Process.Start("/bin/true");
        child.WaitForExit();
        var record = exec.WaitFor(r => r.Number("process.pid") == (ulong)child.Id);
        Assert.That(record.Text("file"), Is.EqualTo("/bin/true"));
        Assert.That(record.Text("process.command"), Is.EqualTo("true"));
        Assert.That(record.Number("parent_pid"), Is.EqualTo(Environment.ProcessId));
        Assert.That(record.Number("process.cgroup_id"), Is.GreaterThan(0));
        Assert.That(record.Number("timestamp"), Is.InRange(before, KernelClock.BootNanoseconds));
    }

    [Test]
    [RequiresKernel]
    public void Exec_OutsideOfTheWatchedCgroup_IsFiltered()
    {
        using var exec = new LoadedMonitor("exec", o => o.SetGlobal("cgroup_id", ulong.MaxValue));
        using (var child = Process.Start("/bin/true"))
        {
            child.WaitForExit();
        }

        Span<byte> counters = stackalloc byte[exec.Object.Map("counters").LookupBytes];
        Assert.That(exec.Object.Map("counters").TryLookupBytes([0, 0, 0, 0], counters), Is.True);
        var (produced, filtered) = (0ul, 0ul);
        for (var at = 0; at < counters.Length; at += 48)
        {
            produced += BinaryPrimitives.ReadUInt64LittleEndian(counters[at..]);
            filtered += BinaryPrimitives.ReadUInt64LittleEndian(counters[(at + 8)..]);
        }

        Assert.That(filtered, Is.GreaterThan(0));
        Assert.That(produced, Is.EqualTo(filtered));
    }

    [TestCase("127.0.0.1")]
    [TestCase("::1")]
    [RequiresKernel]
    public void Listen_ASocketOfThisProcess_IsReported(string address)
    {
        NetworkNamespace.Run(() =>
        {
            using var listen = new LoadedMonitor("listen");
            using var listener = new TcpListener(IPAddress.Parse(address), 0);
            listener.Start(7);
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            var record = listen.WaitFor(r => r.Number("source_port") == (ulong)port);
            Assert.That(record.Address("source_ip"), Is.EqualTo(IPAddress.Parse(address)));
            Assert.That(record.Number("process.pid"), Is.EqualTo(Environment.ProcessId));
            Assert.That(record.Number("backlog"), Is.EqualTo(7));
            Assert.That(record.Number("protocol"), Is.EqualTo(6));
            Assert.That(record.Number("network_namespace"), Is.EqualTo(Inode.Of("/proc/thread-self/ns/net")));
        });
    }

    [Test]
    [RequiresKernel]
    public void Signal_AProcessThatIsKilled_IsReported()
    {
        using var signal = new LoadedMonitor("signal");
        using var child = Process.Start("sleep", "60");
        child.Kill();
        child.WaitForExit();
        var record = signal.WaitFor(r => r.Number("target.pid") == (ulong)child.Id);
        Assert.That(record.EnumName("signal"), Is.EqualTo("SIGKILL"));
        Assert.That(record.EnumName("result"), Is.EqualTo("DELIVERED"));
        Assert.That(record.Number("process.pid"), Is.EqualTo(Environment.ProcessId));
        Assert.That(record.Text("target.command"), Is.Not.Empty);
    }

    [Test]
    [RequiresKernel]
    public void Skeleton_AProcessThatEnds_IsReported()
    {
        using var skeleton = new LoadedMonitor("skeleton");
        using var child = Process.Start("/bin/true");
        child.WaitForExit();
        var record = skeleton.WaitFor(r => r.Number("process.tid") == (ulong)child.Id);
        Assert.That(record.Number("main_thread"), Is.EqualTo(1));
    }

    [Test]
    [RequiresKernel]
    public void TcpRtt_AConnectionThatCloses_IsReportedAndCounted()
    {
        NetworkNamespace.Run(() =>
        {
            using var rtt = new LoadedMonitor("tcp_rtt");
            using var listener = new TcpListener(IPAddress.Loopback, 777);
            listener.Start();
            using (var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
            {
                client.Connect(listener.LocalEndpoint);
                using var server = listener.AcceptSocket();
                client.Send([1]);
                Assert.That(server.Receive(new byte[8]), Is.EqualTo(1));
            }

            var record = rtt.WaitFor(r => r.Number("destination_port") == 777 && r.Address("source_ip").Equals(IPAddress.Loopback));
            Assert.That(record.Number("source_port"), Is.GreaterThan(777));
            Assert.That(record.Number("round_trip"), Is.InRange(1000, 1_000_000_000));
            var map = rtt.Object.Map("round_trip_nanoseconds");
            var value = new byte[map.LookupBytes];
            Assert.That(map.TryLookupBytes([777 & 0xFF, 777 >> 8], value), Is.True);
            Assert.That(BinaryPrimitives.ReadUInt64LittleEndian(value), Is.GreaterThanOrEqualTo(record.Number("round_trip")));
            Assert.That(MetricMap.ReadAll(rtt.Object).Single().KeyFields.Single().Kind, Is.EqualTo(FieldKind.Port));
        });
    }

    [Test]
    [RequiresKernel]
    public void SlowBlockIo_AWriteToADisk_IsReported()
    {
        using var slow = new LoadedMonitor("slow_block_io", o => o.SetGlobal("threshold_nanoseconds", 0ul));
        var before = Writes();
        // Where there is no disk but in a folder of its own, this says where.
        var path = Path.Combine(Environment.GetEnvironmentVariable("DISK_FOLDER") ?? AppContext.BaseDirectory, "written-by-a-test");
        try
        {
            using var file = new FileStream(path, FileMode.Create);
            file.Write(new byte[1 << 16]);
            file.Flush(flushToDisk: true);
        }
        finally
        {
            File.Delete(path);
        }

        if (Writes() == before)
        {
            Assert.Ignore("What is written here does not get to a disk.");
        }

        var record = slow.WaitFor(r => r.Text("operation").StartsWith('W') && r.Number("bytes") > 0);
        Assert.That(record.Number("duration"), Is.GreaterThan(0));
        Assert.That(record.Number("error"), Is.Zero);
        Assert.That(Directory.Exists($"/sys/dev/block/{record.Number("major")}:{record.Number("minor")}"), Is.True);
    }

    [Test]
    [RequiresKernel]
    public void OomKill_AProcessBeyondTheLimitOfItsCgroup_IsReported()
    {
        using var cgroup = MemoryCgroup.TryMake(4 << 20);
        if (cgroup is null)
        {
            Assert.Ignore("No cgroup with a limit of memory can be made here.");
        }

        using var oom = new LoadedMonitor("oom_kill");
        using var child = cgroup.Start("tail", "/dev/zero");
        Assert.That(child.WaitForExit(Limit.OfSeconds(30)), Is.True);
        var record = oom.WaitFor(r => r.Number("victim_pid") == (ulong)child.Id);
        Assert.That(record.Number("process.pid"), Is.GreaterThan(0));
        if (record.Number("victim_bytes") > 0)
        {
            Assert.That(record.Text("victim_command"), Is.EqualTo("tail"));
        }
    }

    // Of all disks; the fifth number of a line of /proc/diskstats behind the name.
    private static long Writes() => File.ReadLines("/proc/diskstats")
        .Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[7], System.Globalization.CultureInfo.InvariantCulture));
}

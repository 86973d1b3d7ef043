using Monitor.Sandbox.SystemCalls;

namespace Monitor.Sandbox.Tests;

/// <summary>What becomes of system calls, on both architectures.</summary>
[TestFixture(nameof(FilterArchitecture.X64))]
[TestFixture(nameof(FilterArchitecture.Arm64))]
internal sealed class FilterTests(string name)
{
    private const int OwnProcess = 4711;

    private readonly FilterArchitecture _architecture = Enum.Parse<FilterArchitecture>(name);

    [Test]
    public void EveryNumber_EndsAsItsRuleSays()
    {
        foreach (var options in new SystemCallOptions[] { new(), new() { ReadsPrograms = true }, new() { RunsHelpers = true }, new() { LoadsPrograms = true } })
        {
            var rules = new SystemCallRules(options, OwnProcess);
            var program = FilterProgram.Compile(rules, _architecture);
            var known = rules.All().Where(rule => rule.Call.Number(_architecture) >= 0).ToDictionary(rule => rule.Call.Number(_architecture));
            for (var number = 0; number < 1000; number++)
            {
                var verdict = FilterMachine.Run(program, (uint)_architecture, (uint)number);
                var expected = known.TryGetValue(number, out var rule)
                    ? rule.Rule is null ? rule.Verdict : verdict
                    : number < known.Keys.Max() ? rules.Unknown : rules.Later;
                Assert.That(verdict, Is.EqualTo(expected), $"{number}");
            }
        }
    }

    [TestCase("read", Verdict.Allow)]
    [TestCase("futex", Verdict.Allow)]
    [TestCase("ptrace", Verdict.Kill)]
    [TestCase("execve", Verdict.Kill)]
    [TestCase("mount", Verdict.Kill)]
    [TestCase("io_uring_setup", Verdict.Kill)]
    [TestCase("clone3", Verdict.Missing)]
    [TestCase("perf_event_open", Verdict.Refuse)]
    public void Call_OfAnAgent_Ends(string call, object verdict) =>
        Assert.That(Run(new() { ReadsPrograms = true }, call), Is.EqualTo(verdict));

    [TestCase("execve", Verdict.Allow)]
    [TestCase("clone3", Verdict.Allow)]
    [TestCase("fork", Verdict.Allow)]
    [TestCase("ptrace", Verdict.Refuse)]
    [TestCase("mount", Verdict.Refuse)]
    public void Call_WithHelpers_Ends(string call, object verdict)
    {
        Assume.That(call != "fork" || _architecture == FilterArchitecture.X64, "arm64 has no fork");
        Assert.That(call == "fork" ? RunNumber(new() { RunsHelpers = true }, 57) : Run(new() { RunsHelpers = true }, call), Is.EqualTo(verdict));
    }

    [Test]
    public void Arguments_Decide()
    {
        var reading = new SystemCallOptions { ReadsPrograms = true };
        Assert.That(Run(reading, "clone", 0x3d0f00), Is.EqualTo(Verdict.Allow), "a thread");
        Assert.That(Run(reading, "clone", 0x1200011), Is.EqualTo(Verdict.Refuse), "a process");
        Assert.That(Run(reading, "socket", 10, 1), Is.EqualTo(Verdict.Allow), "AF_INET6");
        Assert.That(Run(reading, "socket", 2, 1), Is.EqualTo(Verdict.Allow), "AF_INET");
        Assert.That(Run(reading, "socket", 16, 3), Is.EqualTo(Verdict.Allow), "AF_NETLINK");
        Assert.That(Run(reading, "socket", 2, 1, 6), Is.EqualTo(Verdict.Allow), "TCP");
        Assert.That(Run(reading, "socket", 2, 1, 262), Is.EqualTo(Verdict.Refuse), "MPTCP");
        Assert.That(Run(reading, "socket", 16, 3, 12), Is.EqualTo(Verdict.Refuse), "NETLINK_NETFILTER");
        Assert.That(Run(reading, "openat", 0xffffff9c, 0, 0x80000), Is.EqualTo(Verdict.Allow), "O_CLOEXEC");
        Assert.That(Run(reading, "openat", 0xffffff9c, 0, 0x80200), Is.EqualTo(Verdict.Refuse), "O_TRUNC");
        Assert.That(Run(reading, "openat2"), Is.EqualTo(Verdict.Missing), "whose flags are in memory");
        Assert.That(Run(reading, "sendto", 5, 0, 1, 0x4000), Is.EqualTo(Verdict.Allow), "MSG_NOSIGNAL");
        Assert.That(Run(reading, "sendto", 5, 0, 1, 0x20004000), Is.EqualTo(Verdict.Refuse), "MSG_FASTOPEN");
        Assert.That(Run(reading, "sendmsg", 5, 0, 0x20000000), Is.EqualTo(Verdict.Refuse), "MSG_FASTOPEN");
        Assert.That(Run(reading, "sendmmsg", 5, 0, 1, 0x20000000), Is.EqualTo(Verdict.Refuse), "MSG_FASTOPEN");
        Assert.That(RunNumber(new() { KeepsDatabase = true }, _architecture == FilterArchitecture.X64 ? 91u : 52u), Is.EqualTo(Verdict.Refuse), "fchmod, of whatever it can open");
        Assert.That(Run(reading, "socket", 1, 1), Is.EqualTo(Verdict.NoSuchFamily), "AF_UNIX");
        Assert.That(Run(reading, "socketpair", 1, 2), Is.EqualTo(Verdict.NoSuchFamily), "AF_UNIX");
        Assert.That(Run(new() { RunsHelpers = true }, "socket", 1, 1), Is.EqualTo(Verdict.Allow), "AF_UNIX of a helper");
        Assert.That(Run(reading, "socket", 17, 3), Is.EqualTo(Verdict.NoSuchFamily), "AF_PACKET");
        Assert.That(Run(reading, "socket", 38, 5), Is.EqualTo(Verdict.NoSuchFamily), "AF_ALG");
        Assert.That(Run(reading, "ioctl", 0, 0x541b), Is.EqualTo(Verdict.Allow), "FIONREAD");
        Assert.That(Run(reading, "ioctl", 0, 0x5412), Is.EqualTo(Verdict.Refuse), "TIOCSTI");
        Assert.That(Run(reading, "ioctl", 0, 0x8901), Is.EqualTo(Verdict.Refuse), "FIOSETOWN");
        Assert.That(Run(reading, "fcntl", 0, 2), Is.EqualTo(Verdict.Allow), "F_SETFD");
        Assert.That(Run(reading, "fcntl", 0, 8), Is.EqualTo(Verdict.Refuse), "F_SETOWN");
        Assert.That(Run(reading, "fcntl", 0, 15), Is.EqualTo(Verdict.Refuse), "F_SETOWN_EX");
        Assert.That(Run(reading, "ioctl", 0, 0xffffffff00005412), Is.EqualTo(Verdict.Refuse), "TIOCSTI, of which the kernel reads 32 bits");
        Assert.That(Run(reading, "kill", OwnProcess, 9), Is.EqualTo(Verdict.Allow));
        Assert.That(Run(reading, "kill", 1, 9), Is.EqualTo(Verdict.Refuse));
        Assert.That(Run(reading, "prlimit64", 1), Is.EqualTo(Verdict.Refuse));
        Assert.That(Run(reading, "bpf", 1), Is.EqualTo(Verdict.Allow), "BPF_MAP_LOOKUP_ELEM");
        Assert.That(Run(reading, "bpf", 24), Is.EqualTo(Verdict.Allow), "BPF_MAP_LOOKUP_BATCH");
        Assert.That(Run(reading, "bpf", 25), Is.EqualTo(Verdict.Refuse), "BPF_MAP_LOOKUP_AND_DELETE_BATCH");
        Assert.That(Run(reading, "bpf", 0), Is.EqualTo(Verdict.Refuse), "BPF_MAP_CREATE");
        Assert.That(Run(reading, "bpf", 5), Is.EqualTo(Verdict.Refuse), "BPF_PROG_LOAD");
        Assert.That(Run(new(), "bpf", 1), Is.EqualTo(Verdict.Refuse), "an aggregator reads no maps");
        Assert.That(Run(new() { LoadsPrograms = true }, "bpf", 5), Is.EqualTo(Verdict.Allow));
        Assert.That(Run(new() { LoadsPrograms = true }, "perf_event_open"), Is.EqualTo(Verdict.Allow));
    }

    [TestCase("sched_setscheduler")]
    [TestCase("sched_setparam")]
    [TestCase("sched_setaffinity")]
    public void Scheduling_OfTheCallingThread_IsAllowedAlone(string call)
    {
        Assert.That(Run(new() { LoadsPrograms = true }, call, 0), Is.EqualTo(Verdict.Allow));
        Assert.That(Run(new() { LoadsPrograms = true }, call, 1), Is.EqualTo(Verdict.Refuse));
        Assert.That(Run(new() { LoadsPrograms = true }, call, 0xffffffff00000001), Is.EqualTo(Verdict.Refuse), "the kernel reads 32 bits");
    }

    [TestCase(0u, 0u, Verdict.Allow)]
    [TestCase(0u, 1u, Verdict.Refuse, Description = "another process")]
    [TestCase(1u, 0u, Verdict.Refuse, Description = "PRIO_PGRP: the own group")]
    [TestCase(2u, 0u, Verdict.Refuse, Description = "PRIO_USER: all of the own user")]
    public void Priority_OfTheCallingThread_IsAllowedAlone(uint which, uint who, object verdict) =>
        Assert.That(Run(new(), "setpriority", which, who), Is.EqualTo(verdict));

    [Test]
    public void OtherArchitecture_AndItsNumbers_EndTheProcess()
    {
        var program = FilterProgram.Compile(new SystemCallRules(new(), OwnProcess), _architecture);

        Assert.That(FilterMachine.Run(program, 0x40000003, 3), Is.EqualTo(Verdict.Kill), "i386");
        Assert.That(FilterMachine.Run(program, (uint)_architecture, 0x40000000), Is.EqualTo(Verdict.Missing), "x32");
    }

    [Test]
    public void Search_IsShort()
    {
        // A binary search over so many ranges, with two instructions for each step.
        var program = FilterProgram.Compile(new SystemCallRules(new() { ReadsPrograms = true }, OwnProcess), _architecture);
        Assert.That(program, Has.Length.LessThan(600));
    }

    private Verdict Run(SystemCallOptions options, string call, params ulong[] arguments)
    {
        var rules = new SystemCallRules(options, OwnProcess);
        return RunNumber(options, (uint)rules.All().Single(rule => rule.Call.Name == call).Call.Number(_architecture), arguments);
    }

    private Verdict RunNumber(SystemCallOptions options, uint number, params ulong[] arguments) => FilterMachine.Run(
        FilterProgram.Compile(new SystemCallRules(options, OwnProcess), _architecture), (uint)_architecture, number, arguments);
}

using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Monitor.Sandbox.SystemCalls;

namespace Monitor.Sandbox.Tests;

/// <summary>A process under the filter of this architecture.</summary>
internal sealed class BoundProcessTests
{
    // Of a shell or a library: 128 and the number of SIGSYS.
    private const int EndedBySigsys = 128 + 31;

    private const string Install = """
        import ctypes, os, socket, sys, threading, errno
        code = bytes.fromhex(sys.stdin.readline())
        libc = ctypes.CDLL(None, use_errno=True)
        code = code.replace(bytes.fromhex('5d5d5d5d'), os.getpid().to_bytes(4, 'little'))
        memory = ctypes.create_string_buffer(code)
        class Program(ctypes.Structure): _fields_ = [('length', ctypes.c_ushort), ('code', ctypes.c_void_p)]
        assert libc.prctl(38, 1, 0, 0, 0) == 0
        assert libc.prctl(22, 2, ctypes.byref(Program(len(code) // 8, ctypes.addressof(memory))), 0, 0) == 0, ctypes.get_errno()
        def refused(call, number):
            try: call()
            except OSError as e: assert e.errno == number, e
            else: raise AssertionError('allowed')
        """;

    [TestCase("threading.Thread(target=lambda: print('thread')).start()", "thread")]
    [TestCase("s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); print(open('/proc/self/status').read(4))", "Name")]
    [TestCase("refused(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW), errno.EAFNOSUPPORT); print('no')", "no")]
    [TestCase("refused(os.fork, errno.EPERM); print('no')", "no")]
    [TestCase("refused(lambda: os.kill(1, 0), errno.EPERM); os.kill(os.getpid(), 0); print('no')", "no")]
    [TestCase("refused(lambda: os.chmod('/dev/null', 0o666), errno.EPERM); print('no')", "no")]
    [TestCase("os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)); print(os.sched_getscheduler(0) == os.SCHED_BATCH)", "True")]
    [TestCase("os.setpriority(os.PRIO_PROCESS, 0, 5); print(os.getpriority(os.PRIO_PROCESS, 0))", "5")]
    [TestCase("os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); print(len(os.sched_getaffinity(0)))", "1")]
    // What it has already: this process is not to be changed by a filter that lets it through.
    [TestCase("refused(lambda: os.sched_setscheduler(os.getppid(), os.sched_getscheduler(os.getppid()), os.sched_param(0)), errno.EPERM); print('no')", "no")]
    [TestCase("refused(lambda: os.sched_setaffinity(os.getppid(), os.sched_getaffinity(os.getppid())), errno.EPERM); print('no')", "no")]
    [TestCase("refused(lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), os.getpriority(os.PRIO_PROCESS, os.getppid())), errno.EPERM); print('no')", "no")]
    [TestCase("refused(lambda: os.setpriority(os.PRIO_PGRP, 0, os.getpriority(os.PRIO_PGRP, 0)), errno.EPERM); print('no')", "no")]
    public void Call_UnderTheFilter_IsAllowedOrFails(string code, string expected)
    {
        var (exitCode, output) = Run(code);

        Assert.That((exitCode, output.Trim()), Is.EqualTo((0, expected)));
    }

    [TestCase("socket.socket(socket.AF_UNIX).connect", SocketType.Stream)]
    [TestCase("socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect", SocketType.Dgram)]
    [TestCase("(lambda path: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b'x', path))", SocketType.Dgram)]
    public void UnixSocket_OfAnotherProcess_CannotBeReached(string reach, SocketType type)
    {
        var folder = Directory.CreateTempSubdirectory("unix");
        try
        {
            var path = Path.Combine(folder.FullName, "socket");
            using var other = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
            other.Bind(new UnixDomainSocketEndPoint(path));
            if (type == SocketType.Stream)
            {
                other.Listen();
            }

            var (exitCode, output) = Run($"refused(lambda: {reach}('{path}'), errno.EAFNOSUPPORT); print('no')");

            Assert.That((exitCode, output.Trim()), Is.EqualTo((0, "no")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The C library asks nscd first, by a Unix socket.</summary>
    [Test]
    public void Name_OfAFile_IsStillResolved()
    {
        string[] names = ["localhost", .. File.ReadLines("/etc/hosts").Select(line => line.Split('#')[0].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["127.0.0.1", ..]).SelectMany(words => words[1..])];

        var (exitCode, output) = Run(
            $"print({{socket.getaddrinfo(name, 80, socket.AF_INET)[0][4][0] for name in '{string.Join(' ', names)}'.split()}})");

        Assert.That((exitCode, output.Trim()), Is.EqualTo((0, "{'127.0.0.1'}")));
    }

    [TestCase("os.execv('/bin/true', ['true'])")]
    [TestCase("libc.ptrace(0, 0, 0, 0)")]
    [TestCase("libc.unshare(0x10000000)")]
    public void Call_OfAnIntruder_EndsTheProcess(string code) => Assert.That(Run(code).ExitCode, Is.EqualTo(EndedBySigsys));

    private static (int ExitCode, string Output) Run(string code)
    {
        var architecture = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? FilterArchitecture.X64 : FilterArchitecture.Arm64;
        var program = FilterProgram.Compile(new SystemCallRules(new() { ReadsPrograms = true }, 0x5d5d5d5d), architecture);
        var start = new ProcessStartInfo("python3", ["-c", $"{Install}\n{code}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.WriteLine(Convert.ToHexString(MemoryMarshal.AsBytes<FilterInstruction>(program)));
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        TestContext.Out.WriteLine(error.Result);
        return (process.ExitCode, output);
    }
}

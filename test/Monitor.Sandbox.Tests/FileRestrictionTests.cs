using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Monitor.Sandbox.Files;
using Monitor.Sandbox.Interop;

namespace Monitor.Sandbox.Tests;

/// <summary>Threads under a restriction of files, by the kernel of this machine.</summary>
internal sealed class FileRestrictionTests
{
    private const int Ports = 4, Scopes = 6;

    private DirectoryInfo _folder = null!;

    private string Inside => Path.Combine(_folder.FullName, "inside");

    private string Outside => Path.Combine(_folder.FullName, "outside");

    [SetUp]
    public void MakeFiles()
    {
        Require(1);
        _folder = Directory.CreateTempSubdirectory("restricted");
        foreach (var folder in new[] { Inside, Outside })
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "file"), Path.GetFileName(folder));
        }
    }

    [TearDown]
    public void RemoveFiles() => _folder?.Delete(recursive: true);

    [Test]
    public void File_OfAFolder_CanBeReadAndNotWritten()
    {
        var (read, list, write) = Bound(
            Options(folders: [Inside]),
            () => (Read(Inside), Try(() => Directory.GetFiles(Inside).Length), Try(() => File.CreateText(Path.Combine(Inside, "new")))));

        Assert.That((read, list, write), Is.EqualTo(("inside", "1", "denied")));
    }

    [Test]
    public void File_Elsewhere_CannotBeOpened()
    {
        var (read, list, link) = Bound(
            Options(folders: [Inside]),
            () => (Read(Outside), Try(() => Directory.GetFiles(Outside).Length), Read(Inside, "../outside/file")));

        Assert.That((read, list, link), Is.EqualTo(("denied", "denied", "denied")));
        Assert.That(Read(Outside), Is.EqualTo("outside"), "of another thread");
    }

    [TestCase("/etc/shadow")]
    [TestCase("/etc/hosts")]
    [TestCase("/root")]
    [TestCase("/home")]
    [TestCase("/var")]
    [TestCase("/sys/kernel")]
    public void Path_OfTheSystem_CannotBeOpened(string path)
    {
        Assume.That(Path.Exists(path), $"there is no {path}");

        Assert.That(Bound(Options(), () => Directory.Exists(path) ? Try(() => Directory.GetFileSystemEntries(path).Length) : Try(() => File.ReadAllText(path))),
            Is.EqualTo("denied"));
    }

    [Test]
    public void File_OfTheRuntime_CanBeRead()
    {
        string[] files =
        [
            typeof(object).Assembly.Location, typeof(FileRestriction).Assembly.Location, "/proc/self/status", "/proc/1/stat",
            "/proc/sys/kernel/random/boot_id", "/sys/devices/system/cpu/online", "/dev/null",
        ];

        Assert.That(Bound(Options(), () => string.Concat(files.Select(file => Try(() => File.OpenRead(file).Length >= 0)))),
            Is.EqualTo(string.Concat(files.Select(_ => "True"))));
    }

    [Test]
    public void TemporaryFolder_TakesAndLosesNothing()
    {
        var path = Path.Combine(Path.GetTempPath(), $"socket-{Guid.NewGuid():N}");

        var (made, removed, file) = Bound(
            Options(), () => (Try(() => MakeSocket(path)), Try(() => Remove(Path.Combine(Outside, "file"))), Try(() => File.Create(path))));

        Assert.That((made, removed, file), Is.EqualTo(("denied", "denied", "denied")));

        static bool MakeSocket(string path)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            return socket.IsBound;
        }

        static bool Remove(string path)
        {
            File.Delete(path);
            return !File.Exists(path);
        }
    }

    [Test]
    public void Names_Resolved_NeedTheirFiles() =>
        Assert.That(Bound(Options() with { ResolvesNames = true }, () => Try(() => File.OpenRead("/etc/hosts").CanRead)), Is.EqualTo("True"));

    [Test]
    public void WatchedFile_ReplacedByAnother_CanBeRead()
    {
        var file = Path.Combine(Inside, "file");
        using var prepared = FileRestriction.Prepare(Options() with { Watched = [file] });
        File.Delete(file);
        File.WriteAllText(file, "another");

        Assert.That(Bound(prepared, () => Read(Inside)), Is.EqualTo("another"));
    }

    /// <summary>As Kubernetes mounts a Secret: a link to a link to a folder, which is replaced.</summary>
    [Test]
    public void WatchedFile_OfAMountedSecret_CanBeReadAfterItsChange()
    {
        MakeVersion("..1");
        Directory.CreateSymbolicLink(Path.Combine(Inside, "..data"), "..1");
        File.CreateSymbolicLink(Path.Combine(Inside, "key"), "..data/key");
        using var prepared = FileRestriction.Prepare(Options() with { Watched = [Path.Combine(Inside, "key")] });
        MakeVersion("..2");
        Directory.Delete(Path.Combine(Inside, "..data"));
        Directory.CreateSymbolicLink(Path.Combine(Inside, "..data"), "..2");
        Directory.Delete(Path.Combine(Inside, "..1"), recursive: true);

        Assert.That(Bound(prepared, () => Read(Inside, "key")), Is.EqualTo("..2"));

        void MakeVersion(string name)
        {
            Directory.CreateDirectory(Path.Combine(Inside, name));
            File.WriteAllText(Path.Combine(Inside, name, "key"), name);
        }
    }

    [Test]
    public void WatchedFile_LinkToAnotherFolder_CanBeReadThere()
    {
        var link = Path.Combine(Inside, "link");
        File.CreateSymbolicLink(link, "../outside/file");

        Assert.That(FileRules.Watched(link), Is.EqualTo([Inside, Outside]));
        Assert.That(Bound(Options() with { Watched = [link] }, () => Read(Inside, "link")), Is.EqualTo("outside"));
    }

    [Test]
    public void WatchedFile_InTheRoot_IsAllowedAlone() =>
        Assert.That(FileRules.Watched("/readers.json"), Is.EqualTo(["/readers.json"]));

    [Test]
    public void Restriction_IsSeenByTheBoundThreadAlone()
    {
        Assert.That(Bound(Options(), () => FileRestriction.IsInForce), Is.True);
        Assert.That(FileRestriction.IsInForce, Is.False);
    }

    [Test]
    public void Port_OfNobody_CanNeitherBeTakenNorReached()
    {
        Require(Ports);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var free = FreePort();

        var (own, any, taken, reached) = Bound(
            Options() with { ListensAt = [free] },
            () => (Listen(free), Listen(0), Listen(FreePort()), Reach(other.LocalEndpoint)));

        Assert.That((own, any, taken, reached), Is.EqualTo(("True", "denied", "denied", "denied")));
    }

    [Test]
    public void Port_OfAnother_CanBeReachedWhereItConnects()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        Assert.That(Bound(Options() with { Connects = true }, () => Reach(other.LocalEndpoint)), Is.EqualTo("True"));
    }

    [Test]
    public void Signal_ToAnotherProcess_IsRefused()
    {
        Require(Scopes);

        // kill(parent, 0).
        var number = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 62 : 129;
        Assert.That(Bound(Options(), () => (Libc.syscall(number, 1, 0, 0, 0), Marshal.GetLastPInvokeError())), Is.EqualTo(((nint)(-1), 1)));
    }

    /// <summary>Skips the test where the kernel is too old; those of test/kernels say which must not be.</summary>
    private static void Require(int version)
    {
        var found = Landlock.Version();
        var wanted = int.Parse(Environment.GetEnvironmentVariable("LANDLOCK_REQUIRED") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        // -1 where there is none.
        Assert.That(Math.Max(found, 0), Is.GreaterThanOrEqualTo(wanted), "version of Landlock");
        if (found < version)
        {
            Assert.Ignore(found < 1
                ? "This kernel has no Landlock (CONFIG_SECURITY_LANDLOCK, and landlock in the boot parameter lsm)."
                : $"This kernel has version {found} of Landlock, and the test needs {version}.");
        }
    }

    private static RestrictionOptions Options(params string[] folders) => new() { Folders = folders, ListensAt = [] };

    private static T Bound<T>(RestrictionOptions options, Func<T> action)
    {
        using var prepared = FileRestriction.Prepare(options);
        return Bound(prepared, action);
    }

    private static T Bound<T>(FileRestriction restriction, Func<T> action)
    {
        var isBound = false;
        T? result = default;
        var thread = new Thread(() =>
        {
            isBound = restriction.TryBindThread();
            result = action();
        });
        thread.Start();
        thread.Join();
        Assert.That(isBound, Is.True);
        return result!;
    }

    private static string Read(string folder, string name = "file") => Try(() => File.ReadAllText(Path.Combine(folder, name)));

    private static string Try<T>(Func<T> action)
    {
        try
        {
            return action()!.ToString()!;
        }
        catch (UnauthorizedAccessException)
        {
            return "denied";
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AccessDenied)
        {
            return "denied";
        }
    }

    private static string Listen(int port) => Try(() =>
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return listener.Server.IsBound;
    });

    private static string Reach(EndPoint address) => Try(() =>
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(address);
        return socket.Connected;
    });

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

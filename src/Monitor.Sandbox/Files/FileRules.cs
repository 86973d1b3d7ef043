using System.Runtime.InteropServices;

namespace Monitor.Sandbox.Files;

/// <summary>Which files a program needs after its start: those of the runtime, of the libraries, and its own.</summary>
internal static class FileRules
{
    private const FileRights ReadAll = FileRights.Read | FileRights.List;

    private const FileRights WriteAll = ReadAll | FileRights.Write | FileRights.MakeFile | FileRights.RemoveFile | FileRights.Truncate;

    // A link of a link ... the kernel follows 40.
    private const int MaxLinks = 40;

    // All of /proc, and of sys only what is not a file of proc: proc makes its inodes anew when memory was short, and a rule
    // is about an inode. Landlock itself refuses what /proc tells of other processes to debuggers alone.
    private static readonly string[] OfTheSystem = ["/proc", "/sys/devices/system", "/sys/fs/cgroup", "/dev/urandom"];

    private static readonly string[] OfLibraries =
    [
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/dotnet",
        "/etc/nsswitch.conf", "/etc/passwd", "/etc/localtime", "/usr/share/zoneinfo", "/etc/terminfo", "/usr/share/terminfo",
    ];

    // OpenSSL's settings and the authorities of the machine; no keys.
    private static readonly string[] OfTls =
    [
        "/etc/ssl/openssl.cnf", "/etc/ssl/certs", "/etc/pki/tls/openssl.cnf", "/etc/pki/tls/certs", "/etc/pki/ca-trust",
        "/etc/crypto-policies", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
    ];

    // Tools replace them by other files, so they are watched as the resolver does.
    private static readonly string[] OfNames = ["/etc/resolv.conf", "/etc/hosts"];

    /// <summary>All rules of a program.</summary>
    public static IEnumerable<FileRule> Of(RestrictionOptions options)
    {
        IEnumerable<string> read =
        [
            .. OfTheSystem, .. OfLibraries, .. OfTls, AppContext.BaseDirectory, RuntimeFolder(), OwnCertificates(),
            .. options.Folders,
        ];
        return
        [
            .. read.Select(path => new FileRule(path, ReadAll)),
            .. Mapped().Select(path => new FileRule(path, IsStarted(path) ? FileRights.Read | FileRights.Execute : FileRights.Read)),
            .. options.Watched.Concat(options.ResolvesNames ? OfNames : []).SelectMany(Watched)
                .Select(path => new FileRule(path, FileRights.Read)),
            .. options.Written.Select(path => new FileRule(path, WriteAll)),
            new("/dev/null", FileRights.Read | FileRights.Write),
        ];
    }

    /// <summary>The folders that hold a file and what it is a link to; where that is the root, only the file.</summary>
    internal static IEnumerable<string> Watched(string file)
    {
        var path = Path.GetFullPath(file);
        for (var i = 0; i < MaxLinks; i++)
        {
            var folder = Path.GetDirectoryName(path);
            yield return folder is null or "/" ? path : folder;
            if (LinkTarget(path) is not { } target)
            {
                break;
            }

            path = target;
        }
    }

    private static string? LinkTarget(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: false)?.FullName;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Wherever this image has its libraries from, the next one has them from there too.
    private static IEnumerable<string> Mapped() => File.ReadLines("/proc/self/maps")
        .Where(line => line.Contains('/', StringComparison.Ordinal))
        .Select(line => line[line.IndexOf('/', StringComparison.Ordinal)..])
        .Distinct(StringComparer.Ordinal);

    // The executable and what the kernel starts it with.
    private static bool IsStarted(string mapped) =>
        mapped == Environment.ProcessPath || Path.GetFileName(mapped).StartsWith("ld-", StringComparison.Ordinal);

    // ROOT, of ROOT/shared/Microsoft.NETCore.App/VERSION; beside it are the web server and what starts the runtime. In a
    // program that has its own runtime it is the program's folder.
    private static string RuntimeFolder()
    {
        var runtime = Path.GetDirectoryName(RuntimeEnvironment.GetRuntimeDirectory())!;
        var shared = Path.GetDirectoryName(Path.GetDirectoryName(runtime));
        return Path.GetFileName(shared) == "shared" ? Path.GetDirectoryName(shared)! : runtime;
    }

    // Where .NET looks for a user's certificates.
    private static string OwnCertificates() =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dotnet/corefx/cryptography");
}

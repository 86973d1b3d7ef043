using System.Diagnostics;

namespace Monitor.Bpf.Tests;

/// <summary>The public header, as its users may include it.</summary>
internal sealed class HeaderTests
{
    private const string KernelTypes = "/sys/kernel/btf/vmlinux";

    [TestCase(false, "")]
    [TestCase(false, "-DMONITOR_RING_BUFFER=65536")]
    [TestCase(true, "")]
    [TestCase(true, "-DMONITOR_RING_BUFFER=65536")]
    public void MonitorHeader_AloneOrBehindTheKernelsTypes_Compiles(bool withTypes, string option)
    {
        var folder = Directory.CreateTempSubdirectory("monitor-header-").FullName;
        try
        {
            if (withTypes)
            {
                if (!File.Exists(KernelTypes) || Run("bpftool", "btf", "dump", "file", KernelTypes, "format", "c") is not (0, var types, _))
                {
                    Assert.Ignore("There are no types of the kernel, or no bpftool.");
                    return;
                }

                File.WriteAllText(Path.Combine(folder, "vmlinux.h"), types);
            }

            var root = Root();
            List<string> arguments =
            [
                "-O2", "-g", "-Wall", "-Werror", "-target", "bpf", "-mcpu=v2", $"-I{root}/bpf/include", $"-I{folder}",
                "-I/usr/include/x86_64-linux-gnu", "-I/usr/include/aarch64-linux-gnu",
                "-c", $"{root}/bpf/examples/skeleton.bpf.c", "-o", Path.Combine(folder, "skeleton.bpf.o"),
            ];
            arguments.AddRange(withTypes ? ["-include", "vmlinux.h"] : []);
            arguments.AddRange(option.Length > 0 ? [option] : []);
            var (exitCode, _, errors) = Run("clang", [.. arguments]);
            Assert.That(exitCode, Is.Zero, errors);
            using var compiled = BpfObject.Open(Path.Combine(folder, "skeleton.bpf.o"));
            Assert.That(compiled.Map("events").Type, Is.EqualTo(option.Length > 0 ? BpfMapType.Ringbuf : BpfMapType.PerfEventArray));
            Assert.That(Schema.RecordSchema.Read(compiled).Fields, Has.Count.EqualTo(7));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Root()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "build.sh")))
            {
                return folder;
            }
        }

        Assert.Ignore("The sources are not here.");
        return "";
    }

    private static (int ExitCode, string Output, string Errors) Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, errors.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore($"There is no {command} here.");
            throw;
        }
    }
}

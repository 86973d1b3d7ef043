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
                if (!File.Exists(KernelTypes) || Compiler.Run("bpftool", "btf", "dump", "file", KernelTypes, "format", "c") is not (0, var types, _))
                {
                    Assert.Ignore("There are no types of the kernel, or no bpftool.");
                    return;
                }

                File.WriteAllText(Path.Combine(folder, "vmlinux.h"), types);
            }

            List<string> options = [$"-I{folder}"];
            options.AddRange(withTypes ? ["-include", "vmlinux.h"] : []);
            options.AddRange(option.Length > 0 ? [option] : []);
            Compiler.Compile("clang", "skeleton", folder, [.. options]);
            using var compiled = BpfObject.Open(Path.Combine(folder, "skeleton.bpf.o"));
            Assert.That(compiled.Map("events").Type, Is.EqualTo(option.Length > 0 ? BpfMapType.Ringbuf : BpfMapType.PerfEventArray));
            Assert.That(Schema.RecordSchema.Read(compiled).Fields, Has.Count.EqualTo(7));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

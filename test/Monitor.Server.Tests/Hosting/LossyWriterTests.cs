namespace Monitor.Server.Tests.Hosting;

/// <summary>A log that cannot be written for a while.</summary>
internal sealed class LossyWriterTests
{
    [Test]
    public void Disk_FullForAWhile_LosesWhatDidNotFitAndSaysHowMuch()
    {
        using var disk = new Disk();
        using var writer = new LossyWriter(disk);

        writer.WriteLine("before");
        disk.IsFull = true;
        writer.WriteLine("lost");
        writer.Write(['l', 'o', 's', 't']);
        writer.Flush();
        disk.IsFull = false;
        writer.WriteLine("after");
        writer.WriteLine("and on");

        Assert.That(disk.ToString(), Is.EqualTo("before\n\n(2 messages before this could not be written: no room)\nafter\nand on\n"));
    }

    private sealed class Disk : StringWriter
    {
        public bool IsFull { get; set; }

        public override void Write(string? value)
        {
            Check();
            base.Write(value);
        }

        public override void Flush() => Check();

        private void Check()
        {
            if (IsFull)
            {
                throw new IOException("No space left on device");
            }
        }
    }
}

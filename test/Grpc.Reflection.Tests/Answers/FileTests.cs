using Google.Protobuf.Reflection;
using Grpc.Reflection.V1;

namespace Grpc.Reflection.Tests.Answers;

public sealed class FileTests(ReflectionVersion version) : ReflectionTests(version)
{
    [Test]
    public async Task FileByName_OfAService_ComesWithAllImportsOnce()
    {
        var response = await AskAsync(new ServerReflectionRequest { FileByFilename = "library/v1/library.proto" });

        var names = NamesOf(response);
        Assert.Multiple(() =>
        {
            Assert.That(names[0], Is.EqualTo("library/v1/library.proto"));
            Assert.That(names, Is.EquivalentTo(new[]
            {
                "library/v1/library.proto", "library/v1/book.proto", "library/v1/binding.proto",
                "google/protobuf/timestamp.proto",
            }));
        });
    }

    [Test]
    public async Task FileByName_OfAnImport_IsKnownToo()
    {
        var response = await AskAsync(new ServerReflectionRequest { FileByFilename = "google/protobuf/timestamp.proto" });

        Assert.That(NamesOf(response), Is.EqualTo(new[] { "google/protobuf/timestamp.proto" }));
    }

    [Test]
    public async Task FileByName_Twice_AnswersTwice()
    {
        var first = await AskAsync(new ServerReflectionRequest { FileByFilename = "library/v1/book.proto" });
        var second = await AskAsync(new ServerReflectionRequest { FileByFilename = "library/v1/book.proto" });

        Assert.That(second, Is.EqualTo(first));
    }

    [Test]
    public async Task Files_Returned_BuildDescriptors()
    {
        var response = await AskAsync(new ServerReflectionRequest { FileContainingSymbol = "library.v1.Library" });

        // Dependencies first, as the builder wants them; ours come with the requested file first.
        var files = FileDescriptor.BuildFromByteStrings(
            response.FileDescriptorResponse.FileDescriptorProto
                .OrderBy(bytes => FileDescriptorProto.Parser.ParseFrom(bytes).Name switch
                {
                    "library/v1/library.proto" => 2,
                    "library/v1/book.proto" => 1,
                    _ => 0,
                }));
        Assert.That(files[^1].Services.Single().Methods.Select(method => method.Name),
            Is.EqualTo(new[] { "GetBook", "FollowLoans" }));
    }

    [TestCase("")]
    [TestCase("library/v1/LIBRARY.proto")]
    [TestCase("/library/v1/library.proto")]
    [TestCase("../../etc/passwd")]
    public async Task FileByName_Unknown_IsNotFound(string name) =>
        AssertNotFound(await AskAsync(new ServerReflectionRequest { FileByFilename = name }));
}

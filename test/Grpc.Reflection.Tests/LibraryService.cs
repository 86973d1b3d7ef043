using Grpc.Core;
using Grpc.Reflection.Tests.Protos;

namespace Grpc.Reflection.Tests;

/// <summary>A service for clients that know it by reflection only.</summary>
internal sealed class LibraryService : Library.LibraryBase
{
    public override Task<GetBookResponse> GetBook(GetBookRequest request, ServerCallContext context) =>
        Task.FromResult(new GetBookResponse
        {
            Book = new Book
            {
                Title = request.Title,
                Isbn = "978-0-13-110362-7",
                Chapters = { new Book.Types.Chapter { Heading = "A", Kind = Book.Types.Chapter.Types.Kind.Appendix } },
            },
        });
}
